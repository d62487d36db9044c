package io.streamgrad.verify;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The disagreements found so far; keeps the first ones of each kind and counts the rest. */
final class Findings {
  private static final int KEPT_OF_A_KIND = 20;

  private final List<Disagreement> kept = new ArrayList<>();
  private final Map<Disagreement.Kind, Integer> counts = new EnumMap<>(Disagreement.Kind.class);

  void add(Disagreement disagreement) {
    if (counts.merge(disagreement.kind(), 1, Integer::sum) <= KEPT_OF_A_KIND) {
      kept.add(disagreement);
    }
  }

  List<Disagreement> kept() {
    return kept;
  }

  long count() {
    return counts.values().stream().mapToLong(Integer::longValue).sum();
  }
}
