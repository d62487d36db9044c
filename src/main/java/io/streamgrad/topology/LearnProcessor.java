package io.streamgrad.topology;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.ModelPartitions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * Has a {@link LearnStep} done with each batch, and forwards what comes of it.
 *
 * <p>Kafka Streams calls it on the stream thread. Under exactly-once nobody can read an output
 * before the commit, and so the steps are taken on a thread of their own, which has learners,
 * models and store to itself from one flush of the store to the next; the stream thread goes on
 * with other records, and forwards. A flush waits for the last step, so that the weights, the
 * outputs and the offsets of a commit are of the same batches. At-least-once, where a prediction
 * can be read as soon as it is forwarded, the stream thread does it all (docs/decisions/0016).
 */
final class LearnProcessor extends ContextualProcessor<String, DecodedBatch, String, Object> {
  /** Little beside the time between commits; a transaction must not wait for many slow steps. */
  private static final Duration ON_THE_WAY = Duration.ofMillis(20);

  /** How soon a store that has more to write gets a commit to write it with, without batches. */
  private static final Duration SETTLING = Duration.ofMillis(100);

  private final boolean exactlyOnce;
  private final ModelPartitions partitions;
  private final ServiceMetrics metrics;
  private final LearnStep step;
  private final Duration onTheWay;
  private final Ending ending;
  private final @Nullable TaskInput input; // null where there is no cluster to ask
  private @Nullable WeightsStore weights; // from init to close
  private @Nullable LearnQueue queue; // exactly-once only
  private @Nullable Cancellable settling;
  private boolean unflushed; // a record came since the last flush

  LearnProcessor(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      LearnStep step,
      Ending ending) {
    this(config, partitions, metrics, step, ending, null, ON_THE_WAY);
  }

  /** One that checks, when it begins, that the weights belong to the input. */
  LearnProcessor(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      LearnStep step,
      Ending ending,
      TaskInput input) {
    this(config, partitions, metrics, step, ending, input, ON_THE_WAY);
  }

  /** With other than the usual time's worth of steps on the way. */
  LearnProcessor(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      LearnStep step,
      Ending ending,
      @Nullable TaskInput input,
      Duration onTheWay) {
    exactlyOnce = config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2;
    this.partitions = partitions;
    this.metrics = metrics;
    this.step = step;
    this.ending = ending;
    this.input = input;
    this.onTheWay = onTheWay;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    weights = context.getStateStore(Nodes.WEIGHTS);
    int partition = context.taskId().partition();
    MisplacedModels misplaced = new MisplacedModels(partitions, partition, weights.names());
    misplaced.log();
    step.init(weights, misplaced.others());
    if (input != null) {
      input.begin(partition, weights, step);
    }
    weights.ending(ending::isNow);
    ending.add(weights);
    settle(weights);
    if (exactlyOnce) {
      queue = new LearnQueue("streamgrad-learn-" + context.taskId(), onTheWay);
    }
    weights.beforeFlush(this::beforeFlush);
  }

  @Override
  public void process(Record<String, DecodedBatch> record) {
    settle(Objects.requireNonNull(weights));
    InputPosition input = Messages.position(context().recordMetadata().orElseThrow());
    if (queue == null) {
      step.run(new Outputs(record, input, this::forward));
    } else {
      ForwardingPoint here = ForwardingPoint.of(context());
      queue.add(
          () -> outputs(record, input), outputs -> here.run(() -> outputs.forEach(this::forward)));
    }
  }

  /**
   * Kafka Streams commits, and so flushes the store, where a record or a punctuation came. What a
   * flush leaves of a large model is written with these until nothing is left.
   */
  private void settle(WeightsStore store) {
    unflushed = true;
    if (settling == null && store.hasLargeModels()) {
      settling =
          context().schedule(SETTLING, PunctuationType.WALL_CLOCK_TIME, now -> punctuated(store));
    }
  }

  private void punctuated(WeightsStore store) {
    if (ending.hasBegun()) {
      context().commit(); // at once
    }
    if (!unflushed && !store.isLeftUnsettled() && settling != null) {
      settling.cancel();
      settling = null;
    }
  }

  private void beforeFlush() {
    if (queue != null) {
      queue.finish();
    }
    unflushed = false;
  }

  /** On the queue's thread. */
  private List<Outputs.Output> outputs(Record<String, DecodedBatch> record, InputPosition input) {
    List<Outputs.Output> outputs = new ArrayList<>();
    try {
      step.run(new Outputs(record, input, outputs::add));
    } catch (RuntimeException e) {
      // Kafka Streams will name the record that the stream thread has come to by then.
      throw new StreamsException(
          "at the batch of %s-%d, offset %d"
              .formatted(input.getTopic(), input.getPartition(), input.getOffset()),
          e);
    }
    return outputs;
  }

  private void forward(Outputs.Output output) {
    context().forward(output.record(), output.sink());
    if (output.sink().equals(Nodes.PREDICTIONS)) {
      metrics.predictedAfter(System.currentTimeMillis() - output.record().timestamp());
    }
  }

  @Override
  public void close() {
    if (queue != null) {
      queue.close(); // first: a step that still ran would bring meters back
    }
    if (weights != null) {
      ending.remove(weights);
      if (input != null) {
        input.end(context().taskId().partition(), weights);
      }
    }
    step.close();
  }
}
