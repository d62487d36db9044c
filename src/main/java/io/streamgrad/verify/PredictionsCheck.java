package io.streamgrad.verify;

import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.verify.Replay.Outcome;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * Each batch has one prediction, made by the weights before it. At-least-once processing may
 * predict a batch again, with those weights or newer ones. One thread.
 */
final class PredictionsCheck {
  private final TopicPartition input;
  private final boolean mayRepeat;
  private final boolean followersPublish;
  private final Replay replay;
  private final Findings findings;
  private final Beginnings beginnings;
  private final SurplusOutputs extras;
  private final NewerWeights newer;

  /**
   * Compares with a replay, step by step.
   *
   * @param mayRepeat whether the service may predict a batch again after a crash
   * @param followersPublish whether there are predictions of followers
   */
  PredictionsCheck(
      TopicPartition input,
      boolean mayRepeat,
      boolean followersPublish,
      Replay replay,
      Beginnings beginnings,
      Findings findings) {
    this.input = input;
    this.mayRepeat = mayRepeat;
    this.followersPublish = followersPublish;
    this.replay = replay;
    this.beginnings = beginnings;
    this.findings = findings;
    extras =
        new SurplusOutputs(
            Kind.EXTRA_PREDICTION, input, beginnings.logStart(), mayRepeat, findings);
    newer = new NewerWeights(input, replay, findings);
  }

  /**
   * Compares what there is up to a record that was just a step of the replay.
   *
   * @param outcomes of the step: that of the record's model, and of each follower
   */
  void take(
      Outputs<PredictionBatch> predictions,
      ConsumerRecord<byte[], byte[]> record,
      List<Outcome> outcomes) {
    if (!outcomes.isEmpty() && outcomes.get(0).batch()) {
      takeOf(outcomes, predictions, record);
      outcomes.forEach(outcome -> newer.step(outcome.model()));
    } else {
      predictions.upTo(record.offset()).forEach(extras::unaccounted);
    }
    extras.passed(record.offset());
  }

  private void takeOf(
      List<Outcome> outcomes,
      Outputs<PredictionBatch> predictions,
      ConsumerRecord<byte[], byte[]> record) {
    Set<String> found = new HashSet<>();
    for (Output<PredictionBatch> next : predictions.upTo(record.offset())) {
      Outcome outcome = of(next.model(), outcomes);
      if (next.inputOffset() != record.offset()) {
        extras.unaccounted(next);
      } else if (found.contains(outcome.model()) || !(predictions.accept(next) || mayRepeat)) {
        compareSecond(next, record, outcome);
      } else {
        found.add(outcome.model());
        compareFirst(next, record, outcome);
      }
    }
    for (Outcome outcome : outcomes) {
      if (!found.contains(outcome.model()) && isNeeded(outcome)) {
        missing(outcome, record.offset(), predictions.trimmed());
      }
    }
  }

  private static Outcome of(String model, List<Outcome> outcomes) {
    return outcomes.stream()
        .filter(outcome -> outcome.model().equals(model))
        .findFirst()
        .orElse(outcomes.get(0));
  }

  /** Those of followers are published if that is configured, and may not have been at first. */
  private boolean isNeeded(Outcome outcome) {
    return !outcome.follows() || (followersPublish && model(outcome).hasPrediction());
  }

  private void compareFirst(
      Output<PredictionBatch> found, ConsumerRecord<byte[], byte[]> record, Outcome outcome) {
    ReplayedModel model = model(outcome);
    PredictionBatch expected = outcome.prediction();
    if (expected == null) {
      findings.notChecked();
      model.predictionSeen(false);
      return;
    }
    beginnings.require(outcome.model(), model, found.content().getModelVersion());
    boolean right = isRight(found, expected, record);
    model.predictionSeen(right);
    if (right) {
      findings.rightPrediction();
    }
  }

  private void compareSecond(
      Output<PredictionBatch> found, ConsumerRecord<byte[], byte[]> record, Outcome outcome) {
    if (!mayRepeat) {
      extras.second(found);
      return;
    }
    findings.repeated();
    PredictionBatch expected = outcome.prediction();
    if (expected == null) {
      findings.notChecked();
    } else {
      isRight(found, expected, record);
    }
  }

  /** Whether nothing is wrong with a prediction so far; by newer weights it is judged later. */
  private boolean isRight(
      Output<PredictionBatch> found,
      PredictionBatch expected,
      ConsumerRecord<byte[], byte[]> record) {
    String difference = PredictionReader.difference(found.content(), expected);
    if (difference == null) {
      return true;
    }
    if (mayRepeat
        && found.model().equals(expected.getModel())
        && found.content().getModelVersion() > expected.getModelVersion()) {
      newer.add(found, record);
      return true;
    }
    findings.add(
        Kind.WRONG_PREDICTION,
        expected.getModel(),
        input,
        found.inputOffset(),
        found.place() + " " + difference);
    return false;
  }

  private void missing(Outcome outcome, long offset, boolean trimmed) {
    ReplayedModel model = model(outcome);
    beginnings.require(outcome.model(), model, trimmed ? Beginnings.UNKNOWN : 0);
    if (trimmed && !model.hasPrediction()) {
      findings.notChecked();
      return;
    }
    PredictionBatch expected = outcome.prediction();
    String hash = expected == null ? "" : " with SHA-256 " + Hashes.sha256(expected.toByteArray());
    findings.add(
        Kind.MISSING_PREDICTION,
        outcome.model(),
        input,
        offset,
        "there is none, expected one" + hash);
  }

  /** Judges what is left when the input is at its end. */
  void finish(Outputs<PredictionBatch> predictions, long end) {
    predictions.upTo(end - 1).forEach(extras::unaccounted);
    newer.finish();
  }

  private ReplayedModel model(Outcome outcome) {
    return Objects.requireNonNull(replay.models().get(outcome.model()));
  }
}
