package io.streamgrad.streams.learn;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.LearningSettings;
import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.format.changelog.Following;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.store.InputPlace;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.input.InputCheck;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.Mismatch;
import io.streamgrad.streams.input.StoredLineage;
import io.streamgrad.wire.ModelPartitions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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
  private final InputLogs input;
  private final boolean exactlyOnce;

  /** The input of one task. */
  public TaskInput(ServiceConfig config, InputLogs input) {
    this.config = config;
    this.input = input;
    exactlyOnce = config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2;
  }

  /**
   * Begins with the states that were restored.
   *
   * @param stored how far they have come
   * @param images of batches whose labels may come later
   * @return what the states lack; empty if nothing
   * @throws InputMismatchException if they and the input do not belong together
   * @throws ModelMismatchException if models have followed others more often than is remembered
   * @throws org.apache.kafka.common.KafkaException if Kafka can't be asked
   */
  Optional<InputReplay> begin(
      int partition, WeightsStore weights, StoredLineage stored, PendingImages images) {
    LogState log = input.images().state(partition);
    require(
        new InputCheck(config.applicationId(), exactlyOnce, input.images()).mismatch(stored, log));
    InputPlace place = weights.input();
    place.imagesStart(log.start());
    LabelsReplay labels = beginLabels(partition, place);
    beginCommands(partition, place);
    place.trackPosition(log.position(log.next()), !exactlyOnce);
    place.changeSettings(LearningSettings.of(config), earlierSettings(stored, place, log));
    follow(log, weights);
    InputReplay.Range lacking = lacking(stored, log, place.learnFrom());
    return lacking.isEmpty() && labels.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new InputReplay(
                config,
                log,
                input.images(),
                lacking,
                labels,
                images,
                weights,
                exactlyOnce ? stored.position() : null));
  }

  private void follow(LogState log, WeightsStore weights) {
    InputPlace place = weights.input();
    List<Following> all =
        FollowerStarts.now(
            new ModelPartitions(config, log.partitions()),
            log.partition(),
            place.followers(),
            place.next());
    if (!all.isEmpty()) {
      Following.Place starts =
          new Following.Place(
              log.start(),
              start(input.labels(), log.partition()),
              start(input.commands(), log.partition()));
      Set<String> stored = weights.names();
      all = FollowerStarts.needed(all, starts, stored::contains);
    }
    place.changeFollowers(all);
  }

  /** Where a topic beside the images begins; without one no record of it is asked for. */
  private static long start(@Nullable InputLog topic, int partition) {
    return topic == null ? Long.MAX_VALUE : topic.state(partition).start();
  }

  /** What models have learned with so far; null if there are none. */
  private @Nullable EarlierSettings earlierSettings(
      StoredLineage stored, InputPlace place, LogState log) {
    String before = place.settings();
    if (before == null && (stored.position() != null || stored.models() > 0)) {
      before = LearningSettings.beforeStored(config);
    }
    return before == null ? null : new EarlierSettings(log.topicId(), log.next(), before);
  }

  private static void require(@Nullable Mismatch mismatch) {
    if (mismatch != null) {
      throw new InputMismatchException(mismatch);
    }
  }

  /** Begins with the labels topic, and returns what is lacking of it. */
  private LabelsReplay beginLabels(int partition, InputPlace place) {
    Position stored = place.labelsPosition();
    InputLog topic = input.labels();
    if (topic == null) {
      require(stored == null ? null : InputCheck.labelsOff(config.applicationId(), stored));
      return LabelsReplay.of(null, partition, place);
    }
    LogState log = topic.state(partition);
    if (stored != null) {
      require(
          new InputCheck(config.applicationId(), exactlyOnce, topic)
              .mismatch(StoredLineage.of(stored), log));
    }
    LabelsReplay again = LabelsReplay.of(topic, partition, place);
    place.trackLabels(log.position(log.next()));
    return again;
  }

  /** Begins with the commands topic: no state lacks any of it. */
  private void beginCommands(int partition, InputPlace place) {
    InputLog topic = input.commands();
    if (topic == null) {
      return;
    }
    LogState log = topic.state(partition);
    Position stored = place.commandsPosition();
    if (stored != null) {
      require(
          new InputCheck(config.applicationId(), exactlyOnce, topic)
              .mismatch(StoredLineage.of(stored), log));
    }
    place.trackCommands(log.position(log.next()));
  }

  private InputReplay.Range lacking(StoredLineage stored, LogState log, long learnFrom) {
    Position position = stored.position();
    long to = exactlyOnce && position != null ? position.offset() : log.next();
    long from = Math.max(Math.max(stored.replayFrom(), learnFrom), log.start());
    boolean known = position != null || stored.replayFrom() < stored.complete();
    return new InputReplay.Range(log.partition(), known ? from : to, to);
  }
}
