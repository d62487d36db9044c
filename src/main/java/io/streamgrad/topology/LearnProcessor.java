package io.streamgrad.topology;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.DecodedBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.errors.StreamsException;
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

  private final boolean exactlyOnce;
  private final ServiceMetrics metrics;
  private final LearnStep step;
  private final Duration onTheWay;
  private @Nullable LearnQueue queue; // exactly-once only

  LearnProcessor(ServiceConfig config, ServiceMetrics metrics, LearnStep step) {
    this(config, metrics, step, ON_THE_WAY);
  }

  /** With other than the usual time's worth of steps on the way. */
  LearnProcessor(ServiceConfig config, ServiceMetrics metrics, LearnStep step, Duration onTheWay) {
    exactlyOnce = config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2;
    this.metrics = metrics;
    this.step = step;
    this.onTheWay = onTheWay;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    WeightsStore weights = context.getStateStore(Nodes.WEIGHTS);
    step.init(weights);
    if (exactlyOnce) {
      queue = new LearnQueue("streamgrad-learn-" + context.taskId(), onTheWay);
      weights.beforeFlush(queue::finish);
    }
  }

  @Override
  public void process(Record<String, DecodedBatch> record) {
    InputPosition input = Messages.position(context().recordMetadata().orElseThrow());
    if (queue == null) {
      step.run(new Outputs(record, input, this::forward));
    } else {
      ForwardingPoint here = ForwardingPoint.of(context());
      queue.add(
          () -> outputs(record, input), outputs -> here.run(() -> outputs.forEach(this::forward)));
    }
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
    step.close();
  }
}
