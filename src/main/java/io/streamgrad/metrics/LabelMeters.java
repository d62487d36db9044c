package io.streamgrad.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.streamgrad.model.LabelOutcome;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.model.PendingBatches.Expired;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** The meters of labels that come after their images. Thread-safe as {@link ServiceMetrics} is. */
final class LabelMeters {
  private final Map<LabelOutcome, Counter> applied = new EnumMap<>(LabelOutcome.class);
  private final Counter expiredByAge;
  private final Counter expiredByNumber;
  private final Map<String, Pending> models = new ConcurrentHashMap<>(); // by name

  private record Pending(long images, long oldest) {}

  LabelMeters(MeterRegistry registry) {
    for (LabelOutcome outcome : LabelOutcome.values()) {
      applied.put(
          outcome,
          Meters.LABEL_RECORDS.counter(
              registry, "outcome", outcome.name().toLowerCase(Locale.ROOT).replace('_', '-')));
    }
    expiredByAge = Meters.EXPIRED_IMAGES.counter(registry, "reason", "age");
    expiredByNumber = Meters.EXPIRED_IMAGES.counter(registry, "reason", "number");
    Gauge.builder(Meters.PENDING_IMAGES.id(), models, LabelMeters::images)
        .description(Meters.PENDING_IMAGES.help())
        .register(registry);
    Gauge.builder(Meters.PENDING_OLDEST.id(), models, LabelMeters::oldestSeconds)
        .description(Meters.PENDING_OLDEST.help())
        .register(registry);
  }

  private static double images(Map<String, Pending> models) {
    return models.values().stream().mapToLong(Pending::images).sum();
  }

  private static double oldestSeconds(Map<String, Pending> models) {
    return models.values().stream().mapToLong(Pending::oldest).max().orElse(0) / 1000.0;
  }

  void applied(LabelOutcome outcome) {
    Objects.requireNonNull(applied.get(outcome)).increment();
  }

  void expired(Expired expired) {
    expiredByAge.increment((double) expired.byAge());
    expiredByNumber.increment((double) expired.byNumber());
  }

  void pending(String model, PendingBatches pending) {
    models.put(model, new Pending(pending.unlabeled(), pending.oldest()));
  }

  void remove(String model) {
    models.remove(model);
  }
}
