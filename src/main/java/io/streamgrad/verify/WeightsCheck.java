package io.streamgrad.verify;

import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.v1.Applied;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The weights that the service has stored for the models of a partition: they must be those of the
 * batch that they name, and lack no batch that is committed but those that a restore learns again,
 * by the position beside them. One thread.
 */
final class WeightsCheck {
  private final TopicPartition input;
  private final boolean mayRepeat;
  private final Replay replay;
  private final Beginnings beginnings;
  private final Findings findings;
  private final Map<String, StoredWeights> stored = new HashMap<>();
  private final Map<String, Long> lacking = new HashMap<>(); // first batch that a state lacks
  private final PositionCheck positionCheck;
  private @Nullable Position position;
  private long deleted; // models whose last batch is not in the log any more

  /**
   * Compares with a replay, step by step.
   *
   * @param mayRepeat whether the service may store weights whose offset it never commits
   */
  WeightsCheck(
      TopicPartition input,
      boolean mayRepeat,
      Replay replay,
      Beginnings beginnings,
      Findings findings) {
    this.input = input;
    this.beginnings = beginnings;
    this.mayRepeat = mayRepeat;
    this.replay = replay;
    this.findings = findings;
    positionCheck = new PositionCheck(input, replay, findings);
  }

  /**
   * Takes what the service has stored.
   *
   * @param allModels whether it is that of all models of the partition
   */
  void take(ChangelogView image, boolean allModels) {
    for (String name : image.names()) {
      try {
        ModelEntry model = image.get(name);
        if (model != null) {
          stored.put(name, StoredWeights.of(model));
        }
      } catch (UnreadableStateException e) {
        add(
            Kind.WRONG_WEIGHTS,
            name,
            -1,
            "what is stored can't be read: %s".formatted(e.getMessage()));
      }
    }
    position = image.position();
    if (position != null && allModels && !mayRepeat) {
      Map<String, Comparison> comparisons = image.comparisons();
      comparisons.keySet().removeIf(name -> !replay.covers(name));
      positionCheck.take(comparisons);
      positionCheck.take(position, image.labelsPosition(), image.commandsPosition(), stored);
    }
  }

  /** The replay has taken all steps before these offsets, and none of them. */
  void at(long offset, NextRecords next) {
    positionCheck.at(offset, next);
  }

  /** The offset of the last batch in the weights stored for each model, by its name. */
  Map<String, Long> stored() {
    Map<String, Long> offsets = new TreeMap<>();
    stored.forEach(
        (name, weights) -> {
          if (replay.covers(name)) {
            offsets.put(name, weights.lineage().offset());
          }
        });
    return offsets;
  }

  /** A model is at the batch of this offset. */
  void compare(String name, long offset) {
    StoredWeights found = stored.get(name);
    ReplayedModel model = replay.models().get(name);
    if (found != null
        && model != null
        && found.lineage().offset() == offset
        && found.lineage().labels() == model.labels()
        && found.lineage().commands() == model.commands()) {
      model.weightsCompared();
      String difference = found.difference(StoredWeights.of(model.stored()));
      if (difference != null) {
        add(Kind.WRONG_WEIGHTS, name, offset, "stored " + difference);
      }
    }
  }

  /** A model has learned the batch of this offset, which is committed. */
  void committed(String name, long offset) {
    StoredWeights weights = stored.get(name);
    if (weights == null || weights.lineage().offset() < offset) {
      lacking.putIfAbsent(name, offset);
    }
  }

  /** Labels have had their effect: a state without them may be of a model that is not known. */
  void tookLabels(Applied said) {
    StoredWeights weights = stored.get(said.getModel());
    boolean learned =
        said.getOutcome() == Applied.Outcome.LEARNED
            || said.getOutcome() == Applied.Outcome.SCORED
            || said.getOutcome() == Applied.Outcome.HELD;
    if (learned
        && beginnings.isUnknown(said.getModel())
        && (weights == null || weights.lineage().labels() < said.getLabels().getOffset())) {
      positionCheck.giveUp();
    }
  }

  /** A model was deleted: nothing needs to be stored of what it had learned. */
  void deleted(String name) {
    lacking.remove(name);
  }

  /**
   * Judges what was stored when the input is at its end.
   *
   * @param looked the records that were looked at
   * @param next the others that were not
   */
  void finish(ReplayRange looked, NextRecords next) {
    stored.forEach(
        (name, weights) -> {
          if (replay.covers(name) && replay.livesIn(input.partition(), name)) {
            judgeLineage(name, weights, looked, next);
          } // else StoredPlaces has something to say of it
        });
    lacking.forEach((name, offset) -> judgeAge(name, offset, looked));
    positionCheck.at(looked.end(), NextRecords.NONE);
    if (deleted > 0) {
      findings.note(
          "%s: the stored weights of %d models were not compared, the batches they are of are deleted"
              .formatted(input, deleted));
    }
  }

  /** A batch that a state lacks is committed: a restore has to learn it again. */
  private void judgeAge(String name, long offset, ReplayRange looked) {
    Position place = position;
    if (place != null && place.replayFrom() <= offset && offset < place.offset()) {
      return;
    }
    StoredWeights weights = stored.get(name);
    if (weights != null || looked.atAllCommitted()) {
      add(
          Kind.WRONG_LINEAGE,
          name,
          offset,
          "the batch is committed, %s%s"
              .formatted(
                  weights == null
                      ? "no weights are stored"
                      : "the weights stored are of offset " + weights.lineage().offset(),
                  place == null
                      ? ""
                      : ", and batches from offset %d to %d are learned again"
                          .formatted(place.replayFrom(), place.offset() - 1)));
    }
  }

  private void judgeLineage(
      String name, StoredWeights weights, ReplayRange looked, NextRecords next) {
    long offset = weights.lineage().offset();
    ReplayedModel model = replay.models().get(name);
    if (weights.lineage().partition() != input.partition()) {
      wrongLineage(name, offset, "are of partition " + weights.lineage().partition());
    } else if (model != null && model.hasWeightsCompared()) {
      return;
    } else if (offset < looked.start() || beginnings.isUnknown(name)) {
      deleted++;
    } else if (!looked.atAllCommitted() && next.isBefore(weights.lineage())) {
      return; // they have labels or commands from behind the end
    } else if (offset < looked.end()) {
      wrongLineage(name, offset, "are of an offset at which the model has not learned");
    } else if (!looked.atAllCommitted()) {
      return;
    } else if (offset < looked.committed()) {
      wrongLineage(name, offset, "are of an offset that the log does not have");
    } else if (mayRepeat) {
      findings.notChecked(); // at-least-once processing stores weights before it commits offsets
    } else {
      wrongLineage(
          name,
          offset,
          "are of a batch that is not committed; committed is "
              + (looked.committed() < 0 ? "no offset" : looked.committed()));
    }
  }

  private void wrongLineage(String name, long offset, String what) {
    add(Kind.WRONG_LINEAGE, name, offset, "the weights stored " + what);
  }

  private void add(Kind kind, String model, long offset, String detail) {
    findings.add(kind, model, input, offset, detail);
  }
}
