package io.streamgrad.verify;

import io.streamgrad.format.changelog.Checks;
import io.streamgrad.format.changelog.ComparisonLayout;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The number that the service keeps, with its position, over all models as they are: the batches up
 * to there must give the same. One thread.
 */
final class PositionCheck {
  private final TopicPartition input;
  private final Replay replay;
  private final Findings findings;
  private final Map<String, StoredWeights> stored = new HashMap<>();
  private final Map<String, Comparison> comparisons = new TreeMap<>(); // by follower
  private @Nullable Position position; // null: there is none to compare, or no more
  private long labels; // the position in the labels topic
  private long commands; // the same in the commands topic

  PositionCheck(TopicPartition input, Replay replay, Findings findings) {
    this.input = input;
    this.replay = replay;
    this.findings = findings;
  }

  /**
   * Takes a position with the states beside it, of all models of the partition.
   *
   * @param labelsFound the position in the labels topic; null if there is none
   * @param commandsFound the same in the commands topic
   */
  void take(
      Position found,
      @Nullable Position labelsFound,
      @Nullable Position commandsFound,
      Map<String, StoredWeights> states) {
    if (found.mathematics() == Learner.MATHEMATICS) {
      position = found;
      labels = labelsFound == null ? 0 : labelsFound.offset();
      commands = commandsFound == null ? 0 : commandsFound.offset();
      stored.putAll(states);
    }
  }

  /** Takes how followers compare with their leaders, as it is stored with a position. */
  void take(Map<String, Comparison> found) {
    comparisons.putAll(found);
  }

  /** A model that the replay does not have has gone on since its state was stored. */
  void giveUp() {
    if (position != null) {
      position = null;
      findings.notChecked();
    }
  }

  /** The replay has taken all steps before these offsets, and none of them. */
  void at(long offset, NextRecords next) {
    Position expected = position;
    if (expected != null
        && offset >= expected.offset()
        && next.labels() >= labels
        && next.commands() >= commands) {
      position = null;
      compare(expected);
      compareFollowers(expected);
    }
  }

  private void compareFollowers(Position at) {
    Set<String> names = new TreeSet<>(comparisons.keySet());
    names.addAll(replay.comparisons().keySet());
    for (String name : names) {
      Comparison found = comparisons.get(name);
      Comparison right = replay.comparisons().get(name);
      if (found != null && !isWholeSince(name, found)) {
        findings.notChecked(); // the replay has begun later
      } else if (found == null || right == null || !Arrays.equals(bytes(found), bytes(right))) {
        findings.add(
            Kind.WRONG_COMPARISON,
            name,
            input,
            at.offset(),
            "stored %s, expected %s".formatted(text(found), text(right)));
      }
    }
  }

  /** Whether the replay has all images that are compared. */
  private boolean isWholeSince(String follower, Comparison found) {
    return Stream.of(follower, replay.leader(follower))
        .map(replay.models()::get)
        .allMatch(model -> model != null && model.since() < found.since());
  }

  private static byte[] bytes(Comparison comparison) {
    return ComparisonLayout.encode(comparison);
  }

  private static String text(@Nullable Comparison comparison) {
    return comparison == null
        ? "none"
        : "%d images since offset %d, %d and %d right alone, SHA-256 %s"
            .formatted(
                comparison.images(),
                comparison.since(),
                comparison.count(true, false),
                comparison.count(false, true),
                Hashes.sha256(bytes(comparison)));
  }

  private void compare(Position expected) {
    long sum = 0;
    for (Map.Entry<String, ReplayedModel> each : replay.models().entrySet()) {
      if (!each.getValue().exists()) {
        continue; // no batch with labels: the service has no such model
      }
      ModelEntry model = each.getValue().stored();
      StoredWeights before = stored.remove(each.getKey());
      if (each.getValue().since() >= expected.offset() || !haveOneBeginning(model, before)) {
        return; // begun later, or by a version before there was a history
      }
      sum += Checks.model(each.getKey(), model);
    }
    for (Map.Entry<String, StoredWeights> left : stored.entrySet()) { // all its batches are deleted
      sum += Checks.model(left.getKey(), left.getValue().history(), left.getValue().historySince());
    }
    if (sum != expected.models()) {
      findings.add(
          Kind.WRONG_WEIGHTS,
          "*",
          input,
          expected.offset(),
          "the number over all models is %016x beside the position, expected %016x"
              .formatted(expected.models(), sum));
    } else {
      replay.models().values().forEach(ReplayedModel::historyCompared);
    }
  }

  private static boolean haveOneBeginning(ModelEntry replayed, @Nullable StoredWeights before) {
    return before == null || before.historySince() == replayed.state().progress().historySince;
  }
}
