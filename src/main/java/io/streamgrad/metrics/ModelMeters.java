package io.streamgrad.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.streamgrad.model.ModelStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one model. They read the latest status, which the thread that learns publishes and
 * scrapers read; a scrape during a report may see the old status in one meter and the new one in
 * the next. Those of the window read the latest one that has a window, and are not there before: an
 * accuracy of no images would look like a bad one. The number of classes is that of the first
 * status, for good.
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
  private volatile ModelStatus.@Nullable Window window; // the latest

  ModelMeters(MeterRegistry registry, ModelStatus first) {
    this.registry = registry;
    this.model = first.model();
    this.latest = first;
    registerModel();
  }

  /** From the thread that learns. */
  void publish(ModelStatus status) {
    latest = status;
    ModelStatus.Window next = status.window();
    if (next != null) {
      boolean first = window == null;
      window = next;
      if (first) {
        registerWindow(next.score().classes());
      }
    }
  }

  /** Takes the model's meters out of the registry. */
  void remove() {
    meters.forEach(registry::remove);
  }

  private void registerModel() {
    Tags tags = Tags.of("model", model);
    gauge(Meters.LIFETIME_ACCURACY, tags, status -> status.lifetime().accuracy());
    counter(Meters.IMAGES, tags, status -> status.lifetime().images());
    counter(Meters.BATCHES, tags, status -> status.lifetime().batches());
    counter(Meters.IMAGES_LEARNED, tags, ModelStatus::imagesLearned);
    counter(Meters.BATCHES_LEARNED, tags, ModelStatus::batchesLearned);
    gauge(Meters.GRADIENT_NORM, tags, ModelStatus::gradientNorm);
    gauge(Meters.WEIGHT_NORM, tags, ModelStatus::weightNorm);
    gauge(Meters.LEARNING_RATE, tags, ModelStatus::learningRate);
    gauge(Meters.MODEL_VERSION, tags, ModelStatus::version);
    counter(Meters.UPDATES_SKIPPED, tags, ModelStatus::updatesSkipped);
    gauge(Meters.MODEL_DIVERGED, tags, status -> status.diverged() ? 1 : 0);
  }

  private void registerWindow(int classes) {
    Tags tags = Tags.of("model", model);
    windowGauge(Meters.ACCURACY, tags, window -> window.score().accuracy());
    windowGauge(Meters.LOSS, tags, window -> window.score().meanLoss());
    windowGauge(Meters.IMAGES_PER_SECOND, tags, ModelStatus.Window::imagesPerSecond);
    if (classes <= MAX_CLASSES) {
      registerClasses(classes);
    }
  }

  private void registerClasses(int classes) {
    for (int c = 0; c < classes; c++) {
      int clazz = c;
      Tags tags = Tags.of("model", model, "class", Integer.toString(c));
      windowGauge(Meters.CLASS_RECALL, tags, window -> window.score().recall(clazz));
      windowGauge(Meters.CLASS_PRECISION, tags, window -> window.score().precision(clazz));
      for (int p = 0; p < classes; p++) {
        int predicted = p;
        windowGauge(
            Meters.CONFUSION,
            Tags.of(
                "model",
                model,
                "label",
                Integer.toString(clazz),
                "predicted",
                Integer.toString(predicted)),
            window -> window.score().confusion(clazz, predicted));
      }
    }
  }

  // The registry refers to this object weakly; it lives as long as ServiceMetrics holds it.
  private void gauge(Meters meter, Tags tags, ToDoubleFunction<ModelStatus> value) {
    register(meter, tags, self -> value.applyAsDouble(self.latest));
  }

  private void windowGauge(Meters meter, Tags tags, ToDoubleFunction<ModelStatus.Window> value) {
    register(meter, tags, self -> value.applyAsDouble(Objects.requireNonNull(self.window)));
  }

  private void register(Meters meter, Tags tags, ToDoubleFunction<ModelMeters> value) {
    meters.add(
        Gauge.builder(meter.id(), this, value)
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
