package io.streamgrad.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.streamgrad.model.Drift;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Takeover;
import io.streamgrad.model.UpdateOutcome;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * The meters over all models of an instance, whatever their number. Its counters count what this
 * instance has done since it started, and not the models' lives: a sum of those would fall when a
 * model moves away, which Prometheus takes for a restart. A batch that is done again after a
 * transaction has failed counts again.
 *
 * <p>Thread-safe.
 */
final class ModelSums {
  private final MeterRegistry registry;
  private final Map<String, Boolean> diverged = new ConcurrentHashMap<>(); // by model
  private final Counter images;
  private final Counter correct;
  private final Counter batches;
  private final Counter imagesLearned;
  private final Counter batchesLearned;
  private final Counter updatesSkipped;
  private final Counter unlabeled;
  private final Counter drifts;
  private final Counter averages; // that have begun anew
  private final Counter challengers; // that have taken over

  /** Registers them; they are there before any model is. */
  ModelSums(MeterRegistry registry, Places series) {
    this.registry = registry;
    images = counter(Meters.ALL_IMAGES);
    correct = counter(Meters.ALL_IMAGES_CORRECT);
    batches = counter(Meters.ALL_BATCHES);
    imagesLearned = counter(Meters.ALL_IMAGES_LEARNED);
    batchesLearned = counter(Meters.ALL_BATCHES_LEARNED);
    updatesSkipped = counter(Meters.ALL_UPDATES_SKIPPED);
    unlabeled = counter(Meters.ALL_PREDICTED_IMAGES);
    drifts = counter(Meters.ALL_DRIFTS);
    averages = Meters.TAKEOVERS.counter(registry, "response", "restart-average");
    challengers = Meters.TAKEOVERS.counter(registry, "response", "challenger");
    gauge(Meters.MODELS, sums -> sums.diverged.size());
    gauge(Meters.MODELS_DIVERGED, sums -> Collections.frequency(sums.diverged.values(), true));
    gauge(Meters.MODELS_WITHOUT_SERIES, sums -> sums.diverged.size() - series.taken());
  }

  /** The instance has this model. */
  void has(String model, boolean hasDiverged) {
    diverged.put(model, hasDiverged);
  }

  /** It has it no more. */
  void remove(String model) {
    diverged.remove(model);
  }

  void scored(Evaluation evaluation) {
    if (evaluation.counts()) {
      images.increment(evaluation.images());
      correct.increment(evaluation.correct());
      batches.increment();
    }
  }

  void updated(UpdateOutcome outcome) {
    if (outcome == UpdateOutcome.SKIPPED || outcome == UpdateOutcome.DIVERGED) {
      updatesSkipped.increment();
    }
  }

  void learned(long learnedImages, long updates) {
    imagesLearned.increment((double) learnedImages);
    batchesLearned.increment((double) updates);
  }

  void drifted(DriftEvent event) {
    if (event instanceof Takeover) {
      challengers.increment();
    } else if (event instanceof Drift drift) {
      drifts.increment();
      if (drift.averageRestarted()) {
        averages.increment();
      }
    }
  }

  void predicted(int unlabeledImages) {
    unlabeled.increment(unlabeledImages);
  }

  private Counter counter(Meters meter) {
    return Counter.builder(meter.id()).description(meter.help()).register(registry);
  }

  // The registry refers to this object weakly; it lives as long as ServiceMetrics holds it.
  private void gauge(Meters meter, ToDoubleFunction<ModelSums> value) {
    Gauge.builder(meter.id(), this, value).description(meter.help()).register(registry);
  }
}
