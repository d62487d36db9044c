package io.streamgrad.verify;

import io.streamgrad.format.ModelCodec;
import io.streamgrad.format.UnreadableStateException;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.Objects;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Each snapshot is the state after the batch that it names. One thread. */
final class SnapshotsCheck {
  private final TopicPartition input;
  private final boolean mayRepeat;
  private final Replay replay;
  private final Beginnings beginnings;
  private final Findings findings;

  /**
   * Compares with a replay, step by step.
   *
   * @param mayRepeat whether the service may publish a snapshot again after a crash
   */
  SnapshotsCheck(
      TopicPartition input,
      boolean mayRepeat,
      Replay replay,
      Beginnings beginnings,
      Findings findings) {
    this.input = input;
    this.mayRepeat = mayRepeat;
    this.replay = replay;
    this.beginnings = beginnings;
    this.findings = findings;
  }

  /**
   * Begins each model with the oldest snapshot from which the log is whole.
   *
   * @param until offset of the last record to look at
   */
  void begin(Outputs<ModelSnapshot> snapshots, long until) {
    for (Output<ModelSnapshot> next : snapshots.upTo(until)) {
      if (next.inputOffset() >= beginnings.logStart() - 1
          && replay.livesIn(input.partition(), next.model())
          && !replay.models().containsKey(next.model())) {
        begin(next);
      }
    }
  }

  private void begin(Output<ModelSnapshot> snapshot) {
    String unusable = unusable(snapshot);
    if (unusable == null) {
      compare(snapshot, Objects.requireNonNull(replay.models().get(snapshot.model())));
    } else {
      beginnings.unusable(snapshot.model(), snapshot.place() + " " + unusable);
      wrong(snapshot, unusable);
    }
  }

  /** Begins a model, or says why that can't be. */
  private @Nullable String unusable(Output<ModelSnapshot> snapshot) {
    try {
      ModelEntry model = ModelCodec.decode(snapshot.content().getState().toByteArray());
      String mismatch = replay.begin(snapshot.model(), model.state(), snapshot.inputOffset());
      return mismatch == null ? null : "has " + mismatch;
    } catch (UnreadableStateException e) {
      return "can't be read: " + e.getMessage();
    }
  }

  /** Compares those of inputs up to an offset, whose record was just a step of the replay. */
  void take(Outputs<ModelSnapshot> snapshots, long offset) {
    for (Output<ModelSnapshot> next : snapshots.upTo(offset)) {
      ReplayedModel model = replay.models().get(next.model());
      if (next.inputOffset() < beginnings.logStart()
          || (model != null && next.inputOffset() <= model.since())) {
        continue; // older than what is looked at, or what was begun with
      }
      if (model != null && model.offset() == next.inputOffset()) {
        compare(next, model);
      } else if (mayRepeat && model != null && next.inputOffset() < model.offset()) {
        findings.repeated();
        findings.notChecked(); // the weights have gone on
      } else {
        wrong(next, "is of an offset at which the model has not learned");
      }
    }
  }

  private void compare(Output<ModelSnapshot> found, ReplayedModel model) {
    String difference = difference(found.content(), StoredWeights.of(model.stored()));
    if (difference != null) {
      wrong(found, difference);
    }
  }

  private static @Nullable String difference(ModelSnapshot snapshot, StoredWeights expected) {
    if (snapshot.getModelVersion() != expected.version()
        || !snapshot.getWeightsSha256().equals(expected.weightsSha256())) {
      return "says version %d with weightsSha256 %s, expected version %d with %s"
          .formatted(
              snapshot.getModelVersion(),
              snapshot.getWeightsSha256(),
              expected.version(),
              expected.weightsSha256());
    }
    try {
      ModelEntry stored = ModelCodec.decode(snapshot.getState().toByteArray());
      String difference = StoredWeights.of(stored).difference(expected);
      return difference == null ? null : "has " + difference;
    } catch (UnreadableStateException e) {
      return "can't be read: " + e.getMessage();
    }
  }

  private void wrong(Output<ModelSnapshot> found, String what) {
    findings.add(
        Kind.WRONG_SNAPSHOT, found.model(), input, found.inputOffset(), found.place() + " " + what);
  }
}
