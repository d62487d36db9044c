package io.streamgrad.verify;

import io.streamgrad.store.ChangelogImage;
import io.streamgrad.store.ModelCodec;
import io.streamgrad.store.StoredModel;
import io.streamgrad.store.UnreadableStateException;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.verify.Replay.Outcome;
import io.streamgrad.wire.BadRecordException;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the input, learned again and compared: reads the input and the outputs side by
 * side, in the order of the input. One thread.
 */
final class PartitionVerification {
  private static final long UNKNOWN = -1;

  private final TopicPartition input;
  private final Replay replay;
  private final Findings findings;
  private final WeightsCheck weights;
  private long logStart;
  private boolean deadLetterSeen;
  private long deadLetters;
  private long notChecked;
  private long records;
  private long skipped;
  private AdoptionHistory adoptions = AdoptionHistory.NONE;

  PartitionVerification(TopicPartition input, Replay replay, Findings findings) {
    this.input = input;
    this.replay = replay;
    this.findings = findings;
    weights = new WeightsCheck(input, replay, findings);
  }

  /** Takes what the service has stored; to be compared when its last batch comes. */
  ChangelogImage readStored(LogCursor changelog) {
    ChangelogImage stored = weights.read(changelog);
    adoptions = AdoptionHistory.of(stored.adoptions());
    return stored;
  }

  /** What the service's weights were brought to by hand. */
  AdoptionHistory adoptions() {
    return adoptions;
  }

  /**
   * Begins each model with the oldest snapshot from which the log is whole.
   *
   * @param start offset of the first record that is still in the log
   * @param until offset of the last record to look at
   */
  void begin(Outputs<ModelSnapshot> snapshots, long start, long until) {
    logStart = start;
    for (Output<ModelSnapshot> next; (next = snapshots.takeUpTo(until)) != null; ) {
      if (next.inputOffset() >= start - 1 && !replay.models().containsKey(next.model())) {
        StoredModel model = ModelCodec.decode(next.content().getState().toByteArray());
        replay.begin(next.model(), model.state(), next.inputOffset());
        String difference = difference(next.content(), model(next.model()));
        if (difference != null) {
          add(Kind.WRONG_SNAPSHOT, next.model(), next.inputOffset(), next.place() + difference);
        }
      }
    }
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
    replay.models().forEach((name, model) -> weights.compare(name, model.since()));
    for (ConsumerRecord<byte[], byte[]> record; (record = batches.next()) != null; ) {
      if (adoptions.isLeftOut(record.offset())) {
        skipped++;
        continue;
      }
      Outcome outcome = replay.step(record);
      takePredictions(predictions, record.offset(), outcome);
      takeDeadLetters(letters, record, outcome);
      takeSnapshots(snapshots, record.offset());
      if (outcome != null) {
        records++;
        if (outcome.labeled() && record.offset() < committedBefore) {
          weights.committed(outcome.model(), record.offset());
        }
        if (outcome.labeled() && outcome.prediction() != null) {
          weights.compare(outcome.model(), record.offset());
        }
      }
    }
  }

  private void takePredictions(
      Outputs<PredictionBatch> predictions, long offset, @Nullable Outcome outcome) {
    boolean found = false;
    for (Output<PredictionBatch> next; (next = predictions.takeUpTo(offset)) != null; ) {
      if (outcome == null || !outcome.batch() || next.inputOffset() != offset || found) {
        extra(Kind.EXTRA_PREDICTION, next);
      } else {
        found = true;
        comparePrediction(next, outcome);
      }
    }
    if (outcome != null && outcome.batch() && !found) {
      ReplayedModel model = model(outcome.model());
      requireBeginning(outcome.model(), model, predictions.trimmed() ? UNKNOWN : 0);
      if (predictions.trimmed() && !model.hasPrediction()) {
        notChecked++;
      } else {
        PredictionBatch expected = outcome.prediction();
        String hash =
            expected == null ? "" : " with SHA-256 " + Hashes.sha256(expected.toByteArray());
        add(Kind.MISSING_PREDICTION, outcome.model(), offset, "there is none, expected one" + hash);
      }
    }
  }

  private void comparePrediction(Output<PredictionBatch> found, Outcome outcome) {
    ReplayedModel model = model(outcome.model());
    PredictionBatch expected = outcome.prediction();
    if (expected == null) {
      notChecked++;
      model.predictionSeen(false);
      return;
    }
    requireBeginning(outcome.model(), model, found.content().getModelVersion());
    String difference = PredictionReader.difference(found.content(), expected);
    if (difference != null) {
      add(
          Kind.WRONG_PREDICTION,
          outcome.model(),
          found.inputOffset(),
          found.place() + " " + difference);
    }
    model.predictionSeen(difference == null);
  }

  /** A model may be taken to begin in the middle of a log only if its first prediction says so. */
  private void requireBeginning(String name, ReplayedModel model, long version) {
    if ((logStart > 0 || adoptions.isNewBeginning())
        && model.since() == ReplayedModel.NO_SNAPSHOT
        && !model.hasPrediction()
        && version != 0) {
      throw new VerificationException(
          "%s begins at offset %d%s, and there is no snapshot of model \"%s\" to begin with; snapshots.every-updates makes the service publish some"
              .formatted(input, logStart, adoptions, name));
    }
  }

  private void takeDeadLetters(
      Outputs<String> letters, ConsumerRecord<byte[], byte[]> record, @Nullable Outcome outcome) {
    BadRecordException expected = outcome == null ? null : outcome.bad();
    boolean found = false;
    for (Output<String> next; (next = letters.takeUpTo(record.offset())) != null; ) {
      if (expected == null || next.inputOffset() != record.offset() || found) {
        extra(Kind.EXTRA_DEAD_LETTER, next);
        continue;
      }
      found = true;
      deadLetterSeen = true;
      String difference = DeadLetterReader.difference(next, record, expected);
      if (difference == null) {
        deadLetters++;
      } else {
        add(Kind.WRONG_DEAD_LETTER, next.model(), record.offset(), next.place() + " " + difference);
      }
    }
    if (outcome != null && expected != null && !found) {
      if (letters.trimmed() && !deadLetterSeen) {
        notChecked++;
      } else {
        add(
            Kind.MISSING_DEAD_LETTER,
            outcome.model(),
            record.offset(),
            "there is none, expected one for " + expected.reason().text());
      }
    }
  }

  private void extra(Kind kind, Output<?> output) {
    if (output.inputOffset() >= 0 && output.inputOffset() < logStart) {
      notChecked++; // its input is deleted
      return;
    }
    String why =
        output.inputOffset() < 0
            ? " does not say for which input it is"
            : " is a second one, out of order, or for an input that has none";
    add(
        kind,
        output.model(),
        output.inputOffset(),
        output.place() + why + "; SHA-256 " + Hashes.sha256(output.record().value()));
  }

  private ReplayedModel model(String name) {
    return Objects.requireNonNull(replay.models().get(name));
  }

  private void takeSnapshots(Outputs<ModelSnapshot> snapshots, long offset) {
    for (Output<ModelSnapshot> next; (next = snapshots.takeUpTo(offset)) != null; ) {
      ReplayedModel model = replay.models().get(next.model());
      if (next.inputOffset() < logStart || (model != null && next.inputOffset() <= model.since())) {
        continue; // older than what is looked at, or what was begun with
      }
      String difference =
          model == null || model.offset() != next.inputOffset()
              ? " is for a batch that is none"
              : difference(next.content(), model);
      if (difference != null) {
        add(Kind.WRONG_SNAPSHOT, next.model(), next.inputOffset(), next.place() + difference);
      }
    }
  }

  private static @Nullable String difference(ModelSnapshot snapshot, ReplayedModel model) {
    StoredWeights expected = StoredWeights.of(model.stored());
    if (snapshot.getModelVersion() != expected.version()
        || !snapshot.getWeightsSha256().equals(expected.weightsSha256())) {
      return " says version %d with weightsSha256 %s, expected version %d with %s"
          .formatted(
              snapshot.getModelVersion(),
              snapshot.getWeightsSha256(),
              expected.version(),
              expected.weightsSha256());
    }
    try {
      StoredModel stored = ModelCodec.decode(snapshot.getState().toByteArray());
      String difference = StoredWeights.of(stored).difference(expected);
      return difference == null ? null : " has " + difference;
    } catch (UnreadableStateException e) {
      return " can't be read: " + e.getMessage();
    }
  }

  /**
   * Judges what is left when the input is at its end.
   *
   * @param end offset of the first record that was not looked at
   * @param committed whether that is the committed offset
   * @return the highest input offset, {@code end} or above, that an output is about; -1 if none is
   */
  long finish(
      Outputs<PredictionBatch> predictions,
      Outputs<String> letters,
      Outputs<ModelSnapshot> snapshots,
      long end,
      boolean committed) {
    takeSnapshots(snapshots, end - 1);
    for (Output<PredictionBatch> o; (o = predictions.takeUpTo(end - 1)) != null; ) {
      extra(Kind.EXTRA_PREDICTION, o);
    }
    for (Output<String> o; (o = letters.takeUpTo(end - 1)) != null; ) {
      extra(Kind.EXTRA_DEAD_LETTER, o);
    }
    weights.finish(logStart, end, committed);
    return Math.max(highest(predictions), Math.max(highest(letters), highest(snapshots)));
  }

  private static <T> long highest(Outputs<T> outputs) {
    long highest = -1;
    for (Output<T> o; (o = outputs.takeUpTo(Long.MAX_VALUE)) != null; ) {
      highest = Math.max(highest, o.inputOffset());
    }
    return highest;
  }

  /** Records of the models looked at. */
  long records() {
    return records;
  }

  /** Dead letters found as they should be. */
  long deadLetters() {
    return deadLetters;
  }

  /** Inputs that an adoption left out. */
  long skipped() {
    return skipped;
  }

  /** Outputs that could not be judged. */
  long notChecked() {
    return notChecked;
  }

  private void add(Kind kind, String model, long offset, String detail) {
    findings.add(kind, model, input, offset, detail);
  }
}
