package io.streamgrad.verify;

import io.streamgrad.config.SnapshotsConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.HashMap;
import java.util.Map;
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
  private final Map<String, Long> versions = new HashMap<>(); // by model, as they were learned
  private final Map<Due, StoredWeights> due = new HashMap<>(); // not found yet
  private final Map<Due, Output<ModelSnapshot>> early = new HashMap<>(); // found, not due yet

  /** A state that a snapshot is taken of. */
  private record Due(String model, long incarnation, long version) {}

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
   * @param range of the labels: one that has all that are deleted comes first
   */
  void begin(Outputs<ModelSnapshot> snapshots, long until, LabelsRange range) {
    Map<String, Output<ModelSnapshot>> others = new HashMap<>(); // the last of each model
    for (Output<ModelSnapshot> next : snapshots.upTo(until)) {
      if (next.inputOffset() >= beginnings.logStart() - 1
          && replay.livesIn(input.partition(), next.model())
          && !replay.models().containsKey(next.model())
          && !begin(next, range)) {
        others.put(next.model(), next);
      }
    }
    others.forEach(
        (name, last) -> {
          if (!replay.models().containsKey(name)) {
            begin(last, LabelsRange.NONE);
          }
        });
  }

  /**
   * Begins a model with a snapshot if that can be.
   *
   * @return false if it could be, with labels that are deleted
   */
  private boolean begin(Output<ModelSnapshot> snapshot, LabelsRange range) {
    String unusable;
    try {
      ModelEntry model = ModelCodec.decode(snapshot.content().getState().toByteArray());
      if (!hasItsImages(model.state())) {
        beginnings.unusable(
            snapshot.model(), snapshot.place() + " has images without labels that are deleted");
        return true;
      }
      if (!range.isWholeAfter(snapshot.inputOffset(), model.lineage())) {
        return false;
      }
      unusable =
          replay.begin(snapshot.model(), model.state(), snapshot.inputOffset(), model.lineage());
      unusable = unusable == null ? null : "has " + unusable;
    } catch (UnreadableStateException e) {
      unusable = "can't be read: " + e.getMessage();
    }
    if (unusable == null) {
      compare(snapshot, Objects.requireNonNull(replay.models().get(snapshot.model())));
    } else {
      beginnings.unusable(snapshot.model(), snapshot.place() + " " + unusable);
      wrong(snapshot, unusable);
    }
    return true;
  }

  /** Whether the log has all images whose labels may come. */
  private boolean hasItsImages(ModelState state) {
    return state.pending() == null
        || state.pending().batches().stream()
            .filter(batch -> batch.unlabeled() > 0)
            .allMatch(batch -> batch.offset() >= beginnings.logStart());
  }

  /**
   * A model has learned where labels may come after their images: it may do so several times at one
   * place in the input, and long after it.
   */
  void learned(String name, SnapshotsConfig config) {
    ReplayedModel model = replay.models().get(name);
    if (model != null) {
      long version = model.state().version();
      long before = versions.getOrDefault(name, 0L);
      versions.put(name, version);
      if (config.due(before, version)) {
        StoredWeights expected = StoredWeights.of(model.stored());
        Due now = new Due(name, model.state().control().incarnation(), version);
        Output<ModelSnapshot> found = early.remove(now);
        if (found == null) {
          due.put(now, expected);
        } else {
          compare(found, expected);
        }
      }
    }
  }

  /** A model has obeyed a command: its versions may begin again. */
  void obeyed(String name) {
    ReplayedModel model = replay.models().get(name);
    versions.put(name, model == null ? 0 : model.state().version());
  }

  /** Takes those of inputs up to an offset, where labels may come after their images. */
  void takeLate(Outputs<ModelSnapshot> snapshots, long offset) {
    for (Output<ModelSnapshot> next : snapshots.upTo(offset)) {
      ReplayedModel model = replay.models().get(next.model());
      long version = next.content().getModelVersion();
      if (next.inputOffset() < beginnings.logStart()
          || (model != null && next.inputOffset() <= model.since())) {
        continue; // older than what is looked at, or what was begun with
      }
      Due place = new Due(next.model(), next.content().getIncarnation(), version);
      StoredWeights expected = due.remove(place);
      if (expected != null) {
        compare(next, expected);
      } else if (model != null
          && model.offset() == next.inputOffset()
          && model.state().control().incarnation() == place.incarnation()
          && model.state().version() == version) {
        compare(next, model);
      } else {
        early.put(place, next);
      }
    }
  }

  /**
   * Judges what is left when the input is at its end.
   *
   * @param next what was not looked at
   */
  void finish(NextRecords next) {
    early.values().forEach(left -> judge(left, next));
  }

  private void judge(Output<ModelSnapshot> left, NextRecords next) {
    try {
      ModelEntry model = ModelCodec.decode(left.content().getState().toByteArray());
      if (next.isBefore(model.lineage())) {
        findings.notChecked();
      } else {
        wrong(left, "is of a state that the model has not had");
      }
    } catch (UnreadableStateException e) {
      wrong(left, "can't be read: " + e.getMessage());
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
    compare(found, StoredWeights.of(model.stored()));
  }

  private void compare(Output<ModelSnapshot> found, StoredWeights expected) {
    String difference = difference(found.content(), expected);
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
