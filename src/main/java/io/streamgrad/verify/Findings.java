package io.streamgrad.verify;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** The disagreements found so far; keeps the first ones of each kind and counts the rest. */
final class Findings {
  private static final int KEPT_OF_A_KIND = 20;

  private final List<Disagreement> kept = new ArrayList<>();
  private final Map<Disagreement.Kind, Integer> counts = new EnumMap<>(Disagreement.Kind.class);

  void add(Disagreement.Kind kind, String model, TopicPartition input, long offset, String detail) {
    if (counts.merge(kind, 1, Integer::sum) <= KEPT_OF_A_KIND) {
      kept.add(new Disagreement(kind, model, input + "@" + offset, detail));
    }
  }

  List<Disagreement> kept() {
    return kept;
  }

  long count() {
    return counts.values().stream().mapToLong(Integer::longValue).sum();
  }
}
