package io.streamgrad.streams.learn;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.format.Position;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.input.InputCheck;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.Mismatch;
import io.streamgrad.streams.input.StoredLineage;
import java.util.Optional;

/**
 * Where a task's models stand in its input when it is ready: checks that they belong together, has
 * the store write the position from then on, and says what has to be learned again first. Used by
 * the stream thread.
 *
 * <p>At-least-once, an instance that was frozen may have written old states over newer ones before
 * it noticed that the partition was another's. What they lack is then learned again as well, up to
 * the committed offset. It never is where the guarantee is exactly-once.
 */
public final class TaskInput {
  private final ServiceConfig config;
  private final InputLog input;
  private final boolean exactlyOnce;

  /** The input of one task. */
  public TaskInput(ServiceConfig config, InputLog input) {
    this.config = config;
    this.input = input;
    exactlyOnce = config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2;
  }

  /**
   * Begins with the states that were restored.
   *
   * @param stored how far they have come
   * @return what the states lack; empty if nothing
   * @throws InputMismatchException if they and the input do not belong together
   * @throws org.apache.kafka.common.KafkaException if Kafka can't be asked
   */
  Optional<Relearning> begin(int partition, WeightsStore weights, StoredLineage stored) {
    LogState log = input.state(partition);
    Mismatch mismatch =
        new InputCheck(config.applicationId(), exactlyOnce, input).mismatch(stored, log);
    if (mismatch != null) {
      throw new InputMismatchException(mismatch);
    }
    weights.trackPosition(log.position(log.next()), !exactlyOnce);
    weights.changeSettings(LearningSettings.of(config));
    Relearning.Range lacking = lacking(stored, log);
    return lacking.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Relearning(
                config, log, input, lacking, weights, exactlyOnce ? stored.position() : null));
  }

  private Relearning.Range lacking(StoredLineage stored, LogState log) {
    Position position = stored.position();
    long to = exactlyOnce && position != null ? position.offset() : log.next();
    long from = Math.max(stored.replayFrom(), log.start());
    boolean known = position != null || stored.replayFrom() < stored.complete();
    return new Relearning.Range(log.partition(), known ? from : to, to);
  }
}
