package io.streamgrad.streams.learn;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.Position;
import io.streamgrad.learner.Learner;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.input.InputCheck;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.Mismatch;
import io.streamgrad.streams.input.StoredLineage;
import io.streamgrad.wire.ModelPartitions;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a task's models stand in its input when it is ready: checks that they belong together, and
 * has the store write the position from then on. Used by the stream thread.
 *
 * <p>At-least-once, an instance that was frozen may have written old models over newer ones before
 * it noticed that the partition was another's. What they lack is then learned from the log, without
 * outputs, up to the committed offset. It never is where the guarantee is exactly-once.
 */
public final class TaskInput {
  private static final Logger LOG = LoggerFactory.getLogger(TaskInput.class);

  private final ServiceConfig config;
  private final ModelPartitions partitions;
  private final InputLog input;
  private final boolean exactlyOnce;

  /** The input of one task. */
  public TaskInput(ServiceConfig config, ModelPartitions partitions, InputLog input) {
    this.config = config;
    this.partitions = partitions;
    this.input = input;
    exactlyOnce = config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2;
  }

  /**
   * Begins with the models that were restored.
   *
   * @throws InputMismatchException if they and the input do not belong together
   * @throws org.apache.kafka.common.KafkaException if Kafka can't be asked
   */
  void begin(int partition, WeightsStore weights, LearnStep step) {
    Function<String, Learner> learners = step::learner;
    StoredLineage stored = StoredLineage.of(weights, learners);
    LogState log = input.state(partition);
    Mismatch mismatch =
        new InputCheck(config.applicationId(), exactlyOnce, input).mismatch(stored, log);
    if (mismatch != null) {
      throw new InputMismatchException(mismatch);
    }
    if (!exactlyOnce && stored.position() != null) {
      catchUp(stored, log, step);
    }
    Position from = log.position(log.next(), weights.check());
    weights.trackPosition(from, !exactlyOnce);
  }

  private void catchUp(StoredLineage stored, LogState log, LearnStep step) {
    long from = Math.max(stored.complete(), log.start());
    if (from >= log.next()) {
      return;
    }
    LOG.info("{}: learning again what may be missing, {} to {}", log.name(), from, log.next());
    CatchUp catchUp = new CatchUp(config, partitions, step);
    input.read(log.partition(), from, log.next(), catchUp);
    LOG.info("{}: {} batches were missing", log.name(), catchUp.learned());
  }
}
