package io.streamgrad.streams.ingest;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.InputPlace;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.input.InputCheck;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.internal.CommitHook;
import io.streamgrad.streams.limits.LimitsInForce;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DeadLetter;
import io.streamgrad.wire.Decoded;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.ModelLimit;
import io.streamgrad.wire.ModelName;
import io.streamgrad.wire.ModelPartitions;
import java.util.function.IntConsumer;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of one of the input's topics to what they say about a model that lives here; what is not
 * that goes to the dead letters.
 */
abstract class DecodingProcessor extends ContextualProcessor<byte[], byte[], Object, Object> {
  private final ServiceConfig config;
  private final ModelPartitions partitions;
  private final ServiceMetrics metrics;
  private final IntConsumer awaitModels;
  private final String deadLetters;

  // From init on:
  private WeightsStore weights;
  private CommitHook hook;
  private LimitsInForce limits;
  private int partition;
  private @Nullable ModelLimit models; // null before the first record

  /**
   * The processor of one task.
   *
   * @param awaitModels returns when the models of a partition are all known
   */
  @SuppressWarnings("NullAway.Init") // init comes before all else
  DecodingProcessor(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      IntConsumer awaitModels) {
    this.config = config;
    this.awaitModels = awaitModels;
    this.partitions = partitions;
    this.metrics = metrics;
    deadLetters = config.topics().deadLetters();
  }

  @Override
  public void init(ProcessorContext<Object, Object> context) {
    super.init(context);
    weights = context.getStateStore(Nodes.WEIGHTS);
    hook = context.getStateStore(Nodes.COMMIT);
    limits = LimitsInForce.in(context.appConfigs());
    partition = context.taskId().partition(); // a task has one partition of each topic
    models = null;
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    advance(context().recordMetadata().orElseThrow());
    try {
      String model = ModelName.of(record.key(), config.defaultModel());
      check(partitions, record.key());
      Decoded decoded = decode(model, record);
      context().forward(record.withKey(model).withValue(decoded), Nodes.LEARN);
    } catch (BadRecordException e) {
      metrics.deadLetter(e.reason().text());
      context().forward(deadLetter(record, e), Nodes.DEAD_LETTERS);
    }
  }

  /**
   * Checks that a record lies where it should.
   *
   * @throws BadRecordException if it does not
   */
  void check(ModelPartitions where, byte @Nullable [] key) throws BadRecordException {
    where.check(key, partition);
  }

  /**
   * Reads and checks a record's value.
   *
   * @throws BadRecordException if it is not what its topic has, for this model
   */
  abstract Decoded decode(String model, Record<byte[], byte[]> record) throws BadRecordException;

  /** As {@link InputPlace#advance}, of this topic. */
  abstract boolean advance(InputPlace input, long offset);

  final int partition() {
    return partition;
  }

  /** How many models there may be, which all topics add to. */
  final ModelLimit models() {
    ModelLimit known = models;
    if (known == null) {
      awaitModels.accept(partition);
      known = ModelLimit.over(config, weights.takenNames());
      models = known;
    }
    return known;
  }

  private Record<byte[], byte[]> deadLetter(Record<byte[], byte[]> bad, BadRecordException why) {
    RecordMetadata from = context().recordMetadata().orElseThrow();
    DeadLetter letter =
        DeadLetter.of(
            bad.key(),
            bad.value(),
            bad.headers(),
            bad.timestamp(),
            InputPositions.of(from.topic(), from.partition(), from.offset()),
            why,
            limits.now().size(deadLetters).bytes());
    return new Record<>(letter.key(), letter.value(), bad.timestamp(), letter.headers());
  }

  /** Good or bad, the position is after it, and no commit may be without it. */
  private void advance(RecordMetadata record) {
    hook.pending();
    if (!advance(weights.input(), record.offset())) {
      throw new InputMismatchException(InputCheck.rewound(config.applicationId(), record));
    }
  }
}
