package io.streamgrad.verify;

import io.streamgrad.store.ChangelogImage;
import io.streamgrad.store.StoredModel;
import io.streamgrad.store.UnreadableStateException;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.verify.Replay.Outcome;
import io.streamgrad.wire.BadRecordException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the input, learned again and compared: reads the input and the outputs side by
 * side, in the order of the input. One thread.
 */
final class PartitionVerification {
  private final TopicPartition input;
  private final Replay replay;
  private final Findings findings;
  private final Map<String, StoredWeights> stored = new HashMap<>();
  private final Map<String, Long> lastBatch = new HashMap<>(); // of each model, while committed
  private boolean deadLetterSeen;
  private long deadLetters;
  private long notChecked;
  private long records;

  PartitionVerification(TopicPartition input, Replay replay, Findings findings) {
    this.input = input;
    this.replay = replay;
    this.findings = findings;
  }

  /** Takes what the service has stored; to be compared when its last batch comes. */
  void readStored(LogCursor changelog) {
    ChangelogImage image = new ChangelogImage();
    for (ConsumerRecord<byte[], byte[]> record; (record = changelog.next()) != null; ) {
      if (replay.covers(ChangelogImage.model(record.key()))) {
        image.put(record.key(), record.value());
      }
    }
    for (String name : image.names()) {
      try {
        StoredModel model = image.get(name);
        if (model != null) {
          stored.put(name, StoredWeights.of(model));
        }
      } catch (UnreadableStateException e) {
        add(Kind.WRONG_WEIGHTS, name, -1, String.valueOf(e.getMessage()));
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
      long committedBefore) {
    for (ConsumerRecord<byte[], byte[]> record; (record = batches.next()) != null; ) {
      Outcome outcome = replay.step(record);
      if (outcome != null) {
        records++;
        if (outcome.learned()) {
          compareWeights(outcome.model(), record.offset(), committedBefore);
        }
      }
      takePredictions(predictions, record.offset(), outcome);
      takeDeadLetters(letters, record, outcome);
    }
  }

  private void takePredictions(
      Outputs<PredictionBatch> predictions, long offset, @Nullable Outcome outcome) {
    PredictionBatch expected = outcome == null ? null : outcome.prediction();
    boolean found = false;
    for (Output<PredictionBatch> next; (next = predictions.takeUpTo(offset)) != null; ) {
      if (expected == null || next.inputOffset() != offset || found) {
        extra(Kind.EXTRA_PREDICTION, next);
        continue;
      }
      found = true;
      String difference = PredictionReader.difference(next.content(), expected);
      if (difference != null) {
        add(Kind.WRONG_PREDICTION, expected.getModel(), offset, next.place() + " " + difference);
      }
      model(expected.getModel()).predictionSeen(difference == null);
    }
    if (expected != null && !found) {
      if (predictions.trimmed() && !model(expected.getModel()).hasPrediction()) {
        notChecked++;
      } else {
        add(
            Kind.MISSING_PREDICTION,
            expected.getModel(),
            offset,
            "version %d made none; expected one with SHA-256 %s"
                .formatted(expected.getModelVersion(), Hashes.sha256(expected.toByteArray())));
      }
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

  private void compareWeights(String name, long offset, long committedBefore) {
    if (offset < committedBefore) {
      lastBatch.put(name, offset);
    }
    StoredWeights found = stored.get(name);
    if (found == null || found.lineage().offset() != offset) {
      return;
    }
    ReplayedModel model = model(name);
    model.weightsCompared();
    StoredWeights expected = StoredWeights.of(model.stored());
    if (found.version() != expected.version()
        || !found.weightsSha256().equals(expected.weightsSha256())) {
      add(
          Kind.WRONG_WEIGHTS,
          name,
          offset,
          "stored are version %d with weightsSha256 %s, expected version %d with %s"
              .formatted(
                  found.version(),
                  found.weightsSha256(),
                  expected.version(),
                  expected.weightsSha256()));
    } else if (!found.stateSha256().equals(expected.stateSha256())) {
      add(
          Kind.WRONG_WEIGHTS,
          name,
          offset,
          "the weights are right, the counters or the score stored with them are not; SHA-256 of the state %s, expected %s"
              .formatted(found.stateSha256(), expected.stateSha256()));
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
      Outputs<PredictionBatch> predictions, Outputs<String> letters, long end, boolean committed) {
    for (Output<PredictionBatch> o; (o = predictions.takeUpTo(end - 1)) != null; ) {
      extra(Kind.EXTRA_PREDICTION, o);
    }
    for (Output<String> o; (o = letters.takeUpTo(end - 1)) != null; ) {
      extra(Kind.EXTRA_DEAD_LETTER, o);
    }
    stored.forEach((name, weights) -> judgeLineage(name, weights, end, committed));
    lastBatch.forEach(
        (name, offset) -> {
          StoredWeights weights = stored.get(name);
          if (weights == null && committed) {
            add(Kind.WRONG_LINEAGE, name, offset, "the batch is committed, no weights are stored");
          } else if (weights != null && weights.lineage().offset() < offset) {
            add(
                Kind.WRONG_LINEAGE,
                name,
                offset,
                "the batch is committed, the weights stored are of offset "
                    + weights.lineage().offset());
          }
        });
    return Math.max(highest(predictions), highest(letters));
  }

  private void judgeLineage(String name, StoredWeights weights, long end, boolean committed) {
    long offset = weights.lineage().offset();
    ReplayedModel model = replay.models().get(name);
    boolean compared = model != null && model.hasWeightsCompared();
    if (weights.lineage().partition() != input.partition()) {
      add(
          Kind.WRONG_LINEAGE,
          name,
          offset,
          "the weights stored are of partition " + weights.lineage().partition());
    } else if (!compared && offset < end) {
      add(Kind.WRONG_LINEAGE, name, offset, "the weights stored are of a batch that is none");
    } else if (offset >= end && committed) {
      add(
          Kind.WRONG_LINEAGE,
          name,
          offset,
          "the weights stored are of a batch that is not committed; committed is " + end);
    }
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

  /** Outputs that are gone from the start of their topics. */
  long notChecked() {
    return notChecked;
  }

  private void add(Kind kind, String model, long offset, String detail) {
    findings.add(new Disagreement(kind, model, input + "@" + offset, detail));
  }
}
