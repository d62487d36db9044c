package io.streamgrad.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.streamgrad.learner.ModelStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The meters of one model. All read the latest status, which the thread that learns publishes and
 * scrapers read; a scrape during a report may see the old status in one meter and the new one in
 * the next. The number of classes is that of the first status, for good.
 *
 * <p>A model of more than {@value #MAX_CLASSES} classes has no meters by class: its confusion would
 * be thousands of series (256 classes: 65,536), which cost every scrape and Prometheus' memory more
 * than anyone can read off them. The metrics topic has its confusion in full.
 */
final class ModelMeters {
  static final int MAX_CLASSES = 32;

  private final MeterRegistry registry;
  private final String model;
  private final List<Meter> meters = new ArrayList<>();
  private volatile ModelStatus latest;

  ModelMeters(MeterRegistry registry, ModelStatus first) {
    this.registry = registry;
    this.model = first.model();
    this.latest = first;
    registerModel();
    int classes = first.window().classes();
    if (classes <= MAX_CLASSES) {
      registerClasses(classes);
    }
  }

  /** From the thread that learns. */
  void publish(ModelStatus status) {
    latest = status;
  }

  /** Takes the model's meters out of the registry. */
  void remove() {
    meters.forEach(registry::remove);
  }

  private void registerModel() {
    Tags tags = Tags.of("model", model);
    gauge(Meters.ACCURACY, tags, status -> status.window().accuracy());
    gauge(Meters.LOSS, tags, status -> status.window().meanLoss());
    gauge(Meters.LIFETIME_ACCURACY, tags, status -> status.lifetime().accuracy());
    counter(Meters.IMAGES, tags, status -> status.lifetime().images());
    counter(Meters.BATCHES, tags, status -> status.lifetime().batches());
    gauge(Meters.IMAGES_PER_SECOND, tags, ModelStatus::imagesPerSecond);
    gauge(Meters.GRADIENT_NORM, tags, ModelStatus::gradientNorm);
    gauge(Meters.WEIGHT_NORM, tags, ModelStatus::weightNorm);
    gauge(Meters.LEARNING_RATE, tags, ModelStatus::learningRate);
    gauge(Meters.MODEL_VERSION, tags, ModelStatus::version);
    counter(Meters.UPDATES_SKIPPED, tags, ModelStatus::updatesSkipped);
    gauge(Meters.MODEL_DIVERGED, tags, status -> status.diverged() ? 1 : 0);
  }

  private void registerClasses(int classes) {
    for (int c = 0; c < classes; c++) {
      int clazz = c;
      Tags tags = Tags.of("model", model, "class", Integer.toString(c));
      gauge(Meters.CLASS_RECALL, tags, status -> status.window().recall(clazz));
      gauge(Meters.CLASS_PRECISION, tags, status -> status.window().precision(clazz));
      for (int p = 0; p < classes; p++) {
        int predicted = p;
        gauge(
            Meters.CONFUSION,
            Tags.of(
                "model",
                model,
                "label",
                Integer.toString(clazz),
                "predicted",
                Integer.toString(predicted)),
            status -> status.window().confusion(clazz, predicted));
      }
    }
  }

  // The registry refers to this object weakly; it lives as long as ServiceMetrics holds it.
  private void gauge(Meters meter, Tags tags, ToDoubleFunction<ModelStatus> value) {
    meters.add(
        Gauge.builder(meter.id(), this, self -> value.applyAsDouble(self.latest))
            .tags(tags)
            .description(meter.help())
            .register(registry));
  }

  private void counter(Meters meter, Tags tags, ToDoubleFunction<ModelStatus> value) {
    meters.add(
        FunctionCounter.builder(meter.id(), this, self -> value.applyAsDouble(self.latest))
            .tags(tags)
            .description(meter.help())
            .register(registry));
  }
}
