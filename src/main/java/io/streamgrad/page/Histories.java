package io.streamgrad.page;

import io.streamgrad.v1.MetricsReport;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The histories of the models that have reported last, so many at most.
 *
 * <p><em>Threading.</em> One thread adds reports and another reads, each while it holds this
 * object's lock.
 */
final class Histories {
  static final int MAX_MODELS = 200;

  // The one that has reported last comes last.
  private final Map<String, ModelHistory> models = new LinkedHashMap<>(16, 0.75f, true);
  private Set<String> watched = Set.of();
  private long left;
  private long revision;

  synchronized void add(MetricsReport report, long time) {
    revision++;
    models.computeIfAbsent(report.getModel(), ModelHistory::new).add(report, time);
    if (models.size() > MAX_MODELS) {
      models.keySet().stream()
          .filter(name -> !watched.contains(name))
          .findFirst()
          .ifPresent(models::remove);
      left++;
    }
  }

  /** These models are looked at: they make room for no other. They are fewer than there may be. */
  synchronized void watch(Set<String> names) {
    watched = names;
  }

  /** All of them, by when they reported last. Under the lock only. */
  Collection<ModelHistory> all() {
    return models.values();
  }

  /** A model's; null if there is none. Under the lock only. */
  @Nullable ModelHistory find(String model) {
    // Not get, which would make it the latest one.
    for (ModelHistory each : models.values()) {
      if (each.model().equals(model)) {
        return each;
      }
    }
    return null;
  }

  /** How often a model had to make room for others. */
  synchronized long left() {
    return left;
  }

  /** Changes with every report. */
  synchronized long revision() {
    return revision;
  }

  /**
   * Since when a model's last point counts, after which it was surely scored, in milliseconds since
   * 1970; empty without one.
   */
  synchronized OptionalLong beforeTheLastPoint(String model) {
    ModelHistory history = find(model);
    if (history == null || history.curve().size() == 0) {
      return OptionalLong.empty();
    }
    int before = Math.max(0, history.curve().size() - 2);
    return OptionalLong.of(history.curve().from(before).get(0).time());
  }
}
