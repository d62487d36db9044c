package io.streamgrad.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The meters of commands and of what they do to models. Thread-safe as {@link ServiceMetrics} is.
 */
final class CommandMeters {
  private final Counter done;
  private final Counter refused;
  private final Set<String> paused = ConcurrentHashMap.newKeySet(); // models

  CommandMeters(MeterRegistry registry) {
    done = Meters.COMMANDS.counter(registry, "outcome", "done");
    refused = Meters.COMMANDS.counter(registry, "outcome", "refused");
    Gauge.builder(Meters.PAUSED_MODELS.id(), paused, Set::size)
        .description(Meters.PAUSED_MODELS.help())
        .register(registry);
  }

  void commanded(boolean isDone) {
    (isDone ? done : refused).increment();
  }

  void paused(String model, boolean isPaused) {
    if (isPaused) {
      paused.add(model);
    } else {
      paused.remove(model);
    }
  }

  /** The model is another's. */
  void remove(String model) {
    paused.remove(model);
  }
}
