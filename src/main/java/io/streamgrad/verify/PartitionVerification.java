package io.streamgrad.verify;

import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Replay.Outcome;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * One partition of the input, learned again and compared: reads the input and the outputs side by
 * side, in the order of the input. One thread.
 */
final class PartitionVerification {
  private final AdoptionHistory adoptions;
  private final Replay replay;
  private final Findings findings;
  private final PredictionsCheck predictionsCheck;
  private final DeadLettersCheck lettersCheck;
  private final SnapshotsCheck snapshotsCheck;
  private final WeightsCheck weightsCheck;

  /**
   * Compares with a replay that is at its beginning.
   *
   * @param start offset of the first record that can be judged
   * @param adoptions what the service's weights were brought to by hand
   * @param mayRepeat whether processing is at least once, and a crash lets the service repeat
   */
  PartitionVerification(
      TopicPartition input,
      long start,
      AdoptionHistory adoptions,
      boolean mayRepeat,
      Replay replay,
      Findings findings) {
    this.adoptions = adoptions;
    this.replay = replay;
    this.findings = findings;
    Beginnings beginnings = new Beginnings(input, start, adoptions);
    predictionsCheck = new PredictionsCheck(input, mayRepeat, replay, beginnings, findings);
    lettersCheck = new DeadLettersCheck(input, start, mayRepeat, findings);
    snapshotsCheck = new SnapshotsCheck(input, mayRepeat, replay, beginnings, findings);
    weightsCheck = new WeightsCheck(input, mayRepeat, replay, findings);
  }

  /**
   * Begins each model with the oldest snapshot from which the log is whole.
   *
   * @param until offset of the last record to look at
   */
  void begin(Outputs<ModelSnapshot> snapshots, long until) {
    snapshotsCheck.begin(snapshots, until);
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
   * Learns the input again and compares.
   *
   * @param committedBefore offset that was committed before the weights were read: they must not be
   *     older
   */
  void run(
      LogCursor batches,
      Outputs<PredictionBatch> predictions,
      Outputs<String> letters,
      Outputs<ModelSnapshot> snapshots,
      long committedBefore) {
    replay.models().forEach((name, model) -> weightsCheck.compare(name, model.since()));
    while (batches.hasNext()) {
      ConsumerRecord<byte[], byte[]> record = batches.next();
      if (adoptions.isLeftOut(record.offset())) {
        findings.skipped();
        continue;
      }
      weightsCheck.at(record.offset());
      Outcome outcome = replay.step(record);
      predictionsCheck.take(predictions, record, outcome);
      lettersCheck.take(letters, record, outcome);
      snapshotsCheck.take(snapshots, record.offset());
      if (outcome != null) {
        findings.record();
        if (outcome.labeled() && record.offset() < committedBefore) {
          weightsCheck.committed(outcome.model(), record.offset());
        }
        if (outcome.labeled() && outcome.prediction() != null) {
          weightsCheck.compare(outcome.model(), record.offset());
        }
      }
    }
  }

  /** Judges what is left when the input is at its end. */
  void finish(
      Outputs<PredictionBatch> predictions,
      Outputs<String> letters,
      Outputs<ModelSnapshot> snapshots,
      Looked looked) {
    predictionsCheck.finish(predictions, looked.end());
    lettersCheck.finish(letters, looked.end());
    snapshotsCheck.take(snapshots, looked.end() - 1);
    weightsCheck.finish(looked);
  }

  /** The offset of the last batch in the weights stored for each model, by its name. */
  Map<String, Long> stored() {
    return weightsCheck.stored();
  }
}
