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
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one model that has series of its own. Its counts are right after every batch; the
 * others read the latest status, which the thread that learns publishes and scrapers read: a scrape
 * during a report may see the old status in one meter and the new one in the next. Those of the
 * window read the latest one that has a window, and are not there before: an accuracy of no images
 * would look like a bad one. The number of classes is that of the first window, for good.
 *
 * <p>Meters by class are for a model that has a place for them, from the first report on at which
 * there is one; never for one of more than {@value #MAX_CLASSES} classes: its confusion would be
 * thousands of series (256 classes: 65,536), which cost every scrape and Prometheus' memory more
 * than anyone can read off them. The metrics topic has the confusion of every model in full.
 */
final class ModelMeters {
  static final int MAX_CLASSES = 32;

  private final MeterRegistry registry;
  private final Places details;
  private final String model;
  private final ModelCounts counts = new ModelCounts();
  private final List<Meter> meters = new ArrayList<>();
  private boolean detailed;
  private volatile ModelStatus latest;
  private volatile ModelStatus.@Nullable Window window; // the latest

  ModelMeters(MeterRegistry registry, Places details, ModelStatus first) {
    this.registry = registry;
    this.details = details;
    this.model = first.model();
    this.latest = first;
    counts.set(first);
    registerModel();
  }

  /** The model's counts, for the thread that learns. */
  ModelCounts counts() {
    return counts;
  }

  /** From the thread that learns. */
  void publish(ModelStatus status) {
    latest = status;
    counts.set(status);
    ModelStatus.Window next = status.window();
    if (next != null) {
      boolean first = window == null;
      window = next;
      if (first) {
        registerWindow();
      }
      int classes = next.score().classes();
      if (!detailed && classes <= MAX_CLASSES && details.take(model)) {
        detailed = true;
        registerClasses(classes);
      }
    }
  }

  /** Takes the model's meters out of the registry. */
  void remove() {
    meters.forEach(registry::remove);
    details.leave(model);
  }

  private void registerModel() {
    counter(Meters.IMAGES, counts.images);
    counter(Meters.BATCHES, counts.batches);
    counter(Meters.IMAGES_LEARNED, counts.imagesLearned);
    counter(Meters.BATCHES_LEARNED, counts.batchesLearned);
    counter(Meters.UPDATES_SKIPPED, counts.updatesSkipped);
    counter(Meters.PREDICTED_IMAGES, counts.unlabeled);
    counter(Meters.DRIFTS, counts.drifts);
    Tags tags = Tags.of("model", model);
    register(Meters.LIFETIME_ACCURACY, tags, self -> self.counts.accuracy());
    register(Meters.MODEL_VERSION, tags, self -> self.counts.version.get());
    register(Meters.GRADIENT_NORM, tags, self -> self.latest.gradientNorm());
    register(Meters.WEIGHT_NORM, tags, self -> self.latest.weightNorm());
    register(Meters.LEARNING_RATE, tags, self -> self.latest.learningRate());
    register(Meters.MODEL_DIVERGED, tags, self -> self.latest.diverged() ? 1 : 0);
  }

  private void registerWindow() {
    Tags tags = Tags.of("model", model);
    windowGauge(Meters.ACCURACY, tags, window -> window.score().accuracy());
    windowGauge(Meters.LOSS, tags, window -> window.score().meanLoss());
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

  private void windowGauge(Meters meter, Tags tags, ToDoubleFunction<ModelStatus.Window> value) {
    register(meter, tags, self -> value.applyAsDouble(Objects.requireNonNull(self.window)));
  }

  // The registry refers to these objects weakly; they live as long as ServiceMetrics holds them.
  private void register(Meters meter, Tags tags, ToDoubleFunction<ModelMeters> value) {
    meters.add(
        Gauge.builder(meter.id(), this, value)
            .tags(tags)
            .description(meter.help())
            .register(registry));
  }

  private void counter(Meters meter, AtomicLong count) {
    meters.add(
        FunctionCounter.builder(meter.id(), count, AtomicLong::get)
            .tag("model", model)
            .description(meter.help())
            .register(registry));
  }
}
