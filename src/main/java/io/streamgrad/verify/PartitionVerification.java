package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.SnapshotsConfig;
import io.streamgrad.format.changelog.Following;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Replay.Outcome;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the input, learned again and compared: reads the input and the outputs side by
 * side, in the order of the input. One thread.
 */
final class PartitionVerification {
  private final AdoptionHistory adoptions;
  private long next; // offset of the images topic
  private final Replay replay;
  private final Findings findings;
  private final PredictionsCheck predictionsCheck;
  private final DeadLettersCheck lettersCheck;
  private final SnapshotsCheck snapshotsCheck;
  private final WeightsCheck weightsCheck;
  private @Nullable AppliedVerification applied; // null where there are images alone
  private final SnapshotsConfig snapshotsConfig;
  private final Beginnings beginnings;

  /**
   * Compares with a replay that is at its beginning.
   *
   * @param beginnings of the models of the replay
   * @param adoptions what the service's weights were brought to by hand
   * @param mayRepeat whether processing is at least once, and a crash lets the service repeat
   * @param config says after which updates there is a snapshot, and whose predictions there are
   */
  PartitionVerification(
      TopicPartition input,
      Beginnings beginnings,
      AdoptionHistory adoptions,
      boolean mayRepeat,
      Replay replay,
      ServiceConfig config,
      Findings findings) {
    snapshotsConfig = config.snapshots();
    this.adoptions = adoptions;
    this.replay = replay;
    this.findings = findings;
    this.beginnings = beginnings;
    predictionsCheck =
        new PredictionsCheck(
            input, mayRepeat, config.outputs().followers(), replay, beginnings, findings);
    lettersCheck = new DeadLettersCheck(input, beginnings.logStart(), mayRepeat, findings);
    snapshotsCheck = new SnapshotsCheck(input, mayRepeat, replay, beginnings, findings);
    weightsCheck = new WeightsCheck(input, mayRepeat, replay, beginnings, findings);
    next = beginnings.logStart();
  }

  /**
   * Begins each model with the oldest snapshot from which the log is whole.
   *
   * @param until offset of the last record to look at
   * @param range of the labels
   */
  void begin(Outputs<ModelSnapshot> snapshots, long until, LabelsRange range) {
    snapshotsCheck.begin(snapshots, until, range);
  }

  /**
   * Takes what the service has stored; to be compared when its last batch comes.
   *
   * @param allModels whether it is that of all models of the partition
   */
  void take(ChangelogView stored, boolean allModels) {
    weightsCheck.take(stored, allModels);
  }

  /**
   * The followers that did not begin with the log, and with no snapshot. Nothing need be published
   * of what they predict, which would tell.
   *
   * @param stored what the service has
   */
  Set<String> followersWithoutBeginning(ChangelogView stored) {
    Set<String> before = new TreeSet<>(); // the log
    Set<String> since = new HashSet<>(); // or still
    for (Following each : stored.followers()) {
      if (each.from().images() < beginnings.logStart()) {
        before.add(each.follower());
      }
      if (each.to().images() > beginnings.logStart()) {
        since.add(each.follower());
      }
    }
    before.retainAll(since);
    before.retainAll(stored.names());
    before.removeIf(name -> !replay.covers(name) || replay.models().containsKey(name));
    return before;
  }

  /** Why nothing can be said of a model. */
  VerificationException noSnapshot(String model) {
    return beginnings.noSnapshot(model);
  }

  /**
   * Learns the input again and compares.
   *
   * @param others labels and commands; null where there are none
   * @param committedBefore offset that was committed before the weights were read: they must not be
   *     older
   */
  void run(
      LogCursor batches,
      Outputs<PredictionBatch> predictions,
      Outputs<String> letters,
      Outputs<ModelSnapshot> snapshots,
      @Nullable AppliedVerification others,
      long committedBefore) {
    applied = others;
    replay.models().forEach((name, model) -> weightsCheck.compare(name, model.since()));
    while (batches.hasNext()) {
      ConsumerRecord<byte[], byte[]> record = batches.next();
      if (adoptions.isLeftOut(record.offset())) {
        findings.skipped();
        continue;
      }
      takeApplied(record.offset());
      weightsCheck.at(record.offset(), nextRecords());
      if (applied != null) {
        snapshotsCheck.takeLate(snapshots, record.offset() - 1);
      }
      List<Outcome> outcomes = replay.step(record);
      predictionsCheck.take(predictions, record, outcomes);
      lettersCheck.take(letters, record, outcomes.isEmpty() ? null : outcomes.get(0));
      if (applied == null) {
        snapshotsCheck.take(snapshots, record.offset());
      } else {
        applied.take(replay.takeEffects());
      }
      if (!outcomes.isEmpty()) {
        findings.record();
      }
      for (Outcome outcome : outcomes) {
        if (outcome.effect() && record.offset() < committedBefore) {
          weightsCheck.committed(outcome.model(), record.offset());
        }
        if (outcome.effect() && outcome.prediction() != null) {
          learned(outcome.model());
        }
      }
      next = record.offset() + 1;
    }
  }

  /** Takes labels and commands that took effect before an images record. */
  private void takeApplied(long images) {
    AppliedVerification others = applied;
    if (others != null) {
      atNext(others, images);
      for (Applied said; (said = others.takeBefore(images)) != null; ) {
        findings.record();
        if (said.hasCommand()) {
          obeyed(said.getModel());
          String leader = replay.leaderAt(said);
          if (said.getCommandKind() == Command.Kind.PROMOTE && leader != null) {
            obeyed(leader);
          }
        } else {
          weightsCheck.tookLabels(said);
          replay.takers(said.getModel(), said.getLabels().getOffset()).forEach(this::learned);
        }
        atNext(others, images);
      }
    }
  }

  private void obeyed(String name) {
    ReplayedModel model = replay.models().get(name);
    if (model == null) {
      weightsCheck.deleted(name);
    } else {
      weightsCheck.compare(name, model.offset());
    }
    snapshotsCheck.obeyed(name);
  }

  /** Markers of transactions may lie between the last images record and what is next. */
  private void atNext(AppliedVerification came, long images) {
    weightsCheck.at(Math.max(next, came.nextMoment(images)), came.nextRecords());
  }

  private NextRecords nextRecords() {
    return applied == null ? NextRecords.NONE : applied.nextRecords();
  }

  private void learned(String name) {
    ReplayedModel model = replay.models().get(name);
    if (model != null) {
      weightsCheck.compare(name, model.offset());
      if (applied != null) {
        snapshotsCheck.learned(name, snapshotsConfig);
      }
    }
  }

  /** Judges what is left when the input is at its end. */
  void finish(
      Outputs<PredictionBatch> predictions,
      Outputs<String> letters,
      Outputs<ModelSnapshot> snapshots,
      ReplayRange looked) {
    takeApplied(looked.end());
    predictionsCheck.finish(predictions, looked.end());
    lettersCheck.finish(letters, looked.end());
    if (applied == null) {
      snapshotsCheck.take(snapshots, looked.end() - 1);
    } else {
      snapshotsCheck.takeLate(snapshots, looked.end() - 1);
      snapshotsCheck.finish(nextRecords());
    }
    weightsCheck.finish(looked, nextRecords());
  }

  /** Judges what is left of labels and commands when the input is at its end. */
  void finishApplied() {
    if (applied != null) {
      applied.finish();
    }
  }

  /** The offset of the last batch in the weights stored for each model, by its name. */
  Map<String, Long> stored() {
    return weightsCheck.stored();
  }
}
