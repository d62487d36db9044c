package io.streamgrad.streams.learn;

import io.streamgrad.committed.CommittedPartition;
import io.streamgrad.committed.LiveModel;
import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Moment;
import io.streamgrad.store.Occasion;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.StoredLineage;
import io.streamgrad.streams.internal.CommitHook;
import io.streamgrad.streams.internal.ForwardingPoint;
import io.streamgrad.streams.internal.Handover;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.Decoded;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.DecodedLabels;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.MisplacedCommand;
import io.streamgrad.wire.ModelPartitions;
import io.streamgrad.wire.UndatedRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Has a {@link LearnStep} done with each batch, and forwards its outputs.
 *
 * <p>Kafka Streams calls it on the stream thread. The steps are taken on a thread of their own,
 * which has learners, models and store to itself from one commit to the next; the stream thread
 * goes on with other records, and forwards. A commit waits for the last step, so that the weights,
 * the outputs and the offsets of a commit are of the same batches. At-least-once, where a
 * prediction can be read as soon as it is forwarded, outputs also go out before the stream thread
 * waits for records; where nobody sees to that, the stream thread does it all
 * (docs/decisions/0016).
 */
public final class LearnProcessor extends ContextualProcessor<String, Decoded, String, Object> {
  /** Little beside the time between commits; a transaction must not wait for many slow steps. */
  public static final Duration ON_THE_WAY = Duration.ofMillis(20);

  private static final int MOST_EDITED = 16 << 20; // bytes that wait for a commit

  private final boolean exactlyOnce;
  private final ModelPartitions partitions;
  private final ServiceMetrics metrics;
  private final LearnStep step;
  private final Duration onTheWay;
  private final RunningTasks tasks;
  private final ServiceConfig config;
  private final @Nullable InputLogs logs; // null where there is no cluster to ask

  // From init on:
  private CommitHook hook;
  private WeightsStore weights;
  private PendingImages images;
  private Drain drain;
  private CommittedPartition committed;
  private @Nullable InputReplay relearning; // null from its end on
  private @Nullable LearnQueue queue; // null: steps are taken on the stream thread
  private boolean undated; // a record of this commit had no time stamp

  /**
   * Makes the processors of a service.
   *
   * @param logs of the input; null where there is no cluster to ask
   */
  public static ProcessorSupplier<String, Decoded, String, Object> supplier(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      RunningTasks tasks,
      @Nullable InputLogs logs) {
    return () ->
        new LearnProcessor(
            config, partitions, metrics, new LearnStep(config, metrics), tasks, logs, ON_THE_WAY);
  }

  /**
   * The processor of one task.
   *
   * @param logs of the input; null where there is no cluster to ask
   * @param onTheWay so long may the steps take that are on their way
   */
  @SuppressWarnings("NullAway.Init") // init comes before all else
  public LearnProcessor(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      LearnStep step,
      RunningTasks tasks,
      @Nullable InputLogs logs,
      Duration onTheWay) {
    this.config = config;
    exactlyOnce = config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2;
    this.partitions = partitions;
    this.metrics = metrics;
    this.step = step;
    this.tasks = tasks;
    this.logs = logs;
    this.onTheWay = onTheWay;
  }

  @Override
  public void init(ProcessorContext<String, Object> context) {
    super.init(context);
    int partition = context.taskId().partition();
    hook = context.getStateStore(Nodes.COMMIT);
    weights = context.getStateStore(Nodes.WEIGHTS);
    committed = tasks.committed().partition(partition);
    images = new PendingImages(config, partition, logs == null ? null : logs.images());
    step.init(weights, images);
    StoredLineage stored = StoredLineage.of(weights, this::begin);
    new MisplacedModels(partitions, partition, weights.names()).log();
    if (logs != null) {
      relearning =
          new TaskInput(config, logs).begin(partition, weights, stored, images).orElse(null);
    }
    if (hasThread() || relearning != null) {
      LearnQueue started = new LearnQueue("streamgrad-learn-" + context.taskId(), onTheWay);
      InputReplay again = relearning;
      if (again != null) {
        started.start(() -> learnAgain(again));
      }
      queue = started;
    }
    drain = new Drain(context, weights, tasks);
    if (relearning != null) {
      drain.recordCame();
    }
    hook.beforeCommit(this::beforeCommit);
    LearnQueue awaited = exactlyOnce || !hasThread() ? null : queue;
    if (relearning == null) {
      committed.begin();
    }
    tasks.add(partition, new RunningTasks.Task(weights, hook, relearning, this::idle, awaited));
  }

  /** Whether steps are taken on a thread of their own. */
  private boolean hasThread() {
    return exactlyOnce || tasks.arePassedOn();
  }

  /** Here and not at its first batch: what is wrong with a model is said at the start. */
  private void begin(String name, ModelEntry model) {
    Optional<String> misplaced = partitions.misplaced(name, context().taskId().partition());
    if (misplaced.isEmpty()) {
      step.begin(name, model);
    } else if (partitions.followers().leader(name) != null) {
      throw ModelMismatchException.elsewhere(name, misplaced.get());
    }
  }

  @Override
  public void process(Record<String, Decoded> record) {
    relearned();
    drain.recordCame();
    committed.recordCame();
    undated |= UndatedRecord.isMarked(record.headers());
    Event event = event(record);
    if (queue == null) {
      run(record, new StepOutputs(record.key(), event, record.headers(), this::forward));
    } else {
      ForwardingPoint here = ForwardingPoint.of(context());
      queue.add(
          () -> outputs(record, event), outputs -> here.run(() -> outputs.forEach(this::forward)));
    }
    if (weights.edited() > MOST_EDITED) {
      context().commit(); // soon: until then they are in memory
    }
  }

  private Event event(Record<String, Decoded> record) {
    RecordMetadata from = context().recordMetadata().orElseThrow();
    Moment after = weights.input().moment();
    Moment moment = after; // of a command
    if (record.value() instanceof DecodedBatch) {
      moment = new Moment(from.offset(), after.labels());
    } else if (record.value() instanceof DecodedLabels) {
      moment = new Moment(after.images(), from.offset());
    }
    return new Event(
        InputPositions.of(from.topic(), from.partition(), from.offset()),
        record.timestamp(),
        moment);
  }

  private void run(Record<String, Decoded> record, StepOutputs outputs) {
    if (record.value() instanceof DecodedBatch batch) {
      step.run(batch, outputs);
    } else if (record.value() instanceof DecodedLabels decoded) {
      step.run(decoded.labels(), outputs, weights.input());
    } else if (record.value() instanceof DecodedCommand command) {
      step.run(command, outputs);
    } else if (record.value() instanceof MisplacedCommand command) {
      step.refuse(command, outputs);
    }
  }

  /** On the queue's thread, which has all to itself. */
  private void learnAgain(InputReplay again) {
    again.run();
    if (again.isDone()) {
      weights.namesBehind().forEach(name -> begin(name, Objects.requireNonNull(weights.get(name))));
      committed.begin();
    }
  }

  /** Waits until what was to be learned again is, where nobody has held the records back. */
  private void relearned() {
    LearnQueue begun = queue;
    if (relearning != null && begun != null) {
      begun.finish();
      relearning = null;
      if (!hasThread()) {
        begun.close();
        queue = null;
      }
    }
  }

  /** Brings models and outputs up to the offsets that are about to be committed. */
  private void beforeCommit() {
    if (relearning != null && !relearning.isDone() && !weights.input().hasAdvanced()) {
      return; // no record has come: a punctuation leads to commits too
    }
    if (queue != null) {
      queue.finish();
    }
    committed.beforeCommit(this::live);
    weights.write(occasion());
    undated = false;
    tasks.changed();
  }

  /** While there is nothing to be learned and nothing to be committed. */
  private void idle() {
    if (relearning == null || relearning.isDone()) {
      relearned();
      committed.idle(this::live);
    }
  }

  /** A model as it is, for those who copy it. */
  private @Nullable LiveModel live(String name) {
    ModelEntry model = weights.get(name);
    return model == null ? null : new LiveModel(model, step.averages(name, model.state()));
  }

  private Occasion occasion() {
    if (undated) {
      return Occasion.ALL; // who learned the record again would not know when it was sent
    }
    if (tasks.isEnding()) {
      return Occasion.END;
    }
    if (Handover.isInProgress()) {
      return Occasion.HANDOVER;
    }
    return drain.isQuiet() ? Occasion.QUIET : Occasion.COMMIT;
  }

  /** On the queue's thread. */
  private List<StepOutputs.SinkRecord> outputs(Record<String, Decoded> record, Event event) {
    List<StepOutputs.SinkRecord> outputs = new ArrayList<>();
    try {
      run(record, new StepOutputs(record.key(), event, record.headers(), outputs::add));
    } catch (RuntimeException e) {
      // Kafka Streams will name the record that the stream thread has come to by then.
      InputPosition at = event.input();
      throw new StreamsException(
          "at the record of %s-%d, offset %d"
              .formatted(at.getTopic(), at.getPartition(), at.getOffset()),
          e);
    }
    return outputs;
  }

  private void forward(StepOutputs.SinkRecord output) {
    context().forward(output.record(), output.sink());
    if (output.sink().equals(Nodes.PREDICTIONS)) {
      metrics.predictedAfter(System.currentTimeMillis() - output.record().timestamp());
    }
  }

  @Override
  public void close() {
    if (relearning != null) {
      relearning.stop();
    }
    if (queue != null) {
      queue.close(); // first: a step that still ran would bring meters back
    }
    committed.end();
    tasks.remove(context().taskId().partition(), weights);
    weights.forget(); // its bytes may become a standby's, and change
    images.close();
    step.close();
  }
}
