package io.streamgrad.verify;

import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Where the models of a partition begin: with the log, or with a snapshot where the log's start is
 * deleted. One thread.
 */
final class Beginnings {
  /** The version of a prediction that is not there any more. */
  static final long UNKNOWN = -1;

  private final TopicPartition input;
  private final long logStart;
  private final AdoptionHistory adoptions;
  private final Replay replay;
  private final SortedSet<String> unknown = new TreeSet<>(); // models that something had effect on
  private final Map<String, String> unusable = new HashMap<>(); // by model, the first snapshot

  /**
   * Models of which nothing is known.
   *
   * @param logStart offset of the first record that can be judged
   * @param adoptions what the service's weights were brought to by hand
   */
  Beginnings(TopicPartition input, long logStart, AdoptionHistory adoptions, Replay replay) {
    this.input = input;
    this.logStart = logStart;
    this.adoptions = adoptions;
    this.replay = replay;
  }

  long logStart() {
    return logStart;
  }

  /** Notes a snapshot that a model can't begin with. */
  void unusable(String model, String why) {
    unusable.putIfAbsent(model, why);
  }

  /**
   * A model may be taken to begin in the middle of a log only if its first prediction says so.
   *
   * @param version that the prediction names
   * @throws VerificationException if it may not
   */
  void require(String name, ReplayedModel model, long version) {
    if (mayLack()
        && model.since() == ReplayedModel.NO_SNAPSHOT
        && !model.hasPrediction()
        && (version != 0 || unknown.contains(name))) {
      throw noSnapshot(name);
    }
  }

  /** Whether the log may lack the beginning of a model. */
  private boolean mayLack() {
    return logStart > 0 || adoptions.isNewBeginning();
  }

  /**
   * Whether nothing can be said of what labels or a command did to a model: the log lacks its
   * beginning, it began with no snapshot, and no batch of it has come since.
   *
   * @param said of the labels or the command
   * @throws VerificationException if it changed a model that is known by one that is not
   */
  boolean isUnknown(Applied said) {
    String name = said.getModel();
    if (lacks(name)) {
      if (!unknown.contains(name) && saysThereIsNone(said)) {
        return false;
      }
      if (said.getOutcome() != Applied.Outcome.REFUSED) {
        unknown.add(name);
      }
      requireKnown(name, replay.leaderAt(said), said);
      return true;
    }
    String leader = replay.leaderAt(said);
    if (leader != null && lacks(leader)) {
      requireKnown(leader, name, said);
    }
    return false;
  }

  /** Whether something had an effect on a model of which nothing is known. */
  boolean isUnknown(String name) {
    return unknown.contains(name);
  }

  /** Models that something had an effect on, and of which nothing is known, by name. */
  SortedSet<String> unknown() {
    return unknown;
  }

  private boolean lacks(String name) {
    return mayLack() && !replay.models().containsKey(name) && !replay.hasDeleted(name);
  }

  /** Whether there was no such model before. */
  private static boolean saysThereIsNone(Applied said) {
    return switch (said.getOutcome()) {
      case UNKNOWN_BATCH, REFUSED -> hasNoModel(said);
      case HELD -> said.hasCommand() && hasNoModel(said);
      case DONE -> said.getCommandKind() == Command.Kind.IMPORT && said.getKeptAs().isEmpty();
      default -> false;
    };
  }

  private static boolean hasNoModel(Applied said) {
    return said.getModelVersion() == 0 && said.getIncarnation() == 0;
  }

  /** Two models that change places are both known, or neither is. */
  private void requireKnown(String lacking, @Nullable String other, Applied said) {
    if (other != null
        && said.getCommandKind() == Command.Kind.PROMOTE
        && said.getOutcome() == Applied.Outcome.DONE
        && replay.models().containsKey(other)) {
      throw noSnapshot(lacking);
    }
  }

  /** The log does not have the beginning of a model, and it was begun with no snapshot. */
  VerificationException noSnapshot(String name) {
    String why = unusable.get(name);
    return new VerificationException(
        "%s begins at offset %d%s, and there is no snapshot of model \"%s\" to begin with%s; snapshots.every-updates makes the service publish some"
            .formatted(
                input,
                logStart,
                adoptions,
                name,
                why == null ? "" : " that can be used (" + why + ")"));
  }
}
