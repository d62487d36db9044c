package io.streamgrad.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes figures of meters.
 *
 * @param latency from a record's time stamp to its prediction
 * @param steps times of batches
 * @param deadLetters by reason
 */
record FiguresReader(
    MeterRegistry registry, Timer latency, Timer steps, Map<String, Counter> deadLetters) {
  /** Kafka Streams' own, as its binder names it. */
  private static final String COMMIT_LATENCY = "kafka.stream.thread.commit.latency.avg";

  /** The figures of this moment. */
  Figures read() {
    return new Figures(
        value(Meters.ALL_IMAGES),
        value(Meters.ALL_IMAGES_CORRECT),
        value(Meters.ALL_IMAGES_LEARNED),
        value(Meters.ALL_BATCHES_LEARNED),
        value(Meters.ALL_PREDICTED_IMAGES),
        value(Meters.ALL_UPDATES_SKIPPED),
        value(Meters.MODELS),
        deadLetters.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().count())),
        value(Meters.BEHIND),
        durations(latency),
        durations(steps),
        commitMillis());
  }

  /** Of a meter without labels; 0 before it is there. */
  private double value(Meters meter) {
    Meter found = registry.find(meter.id()).meter();
    return found == null ? 0 : found.measure().iterator().next().getValue();
  }

  private static Figures.Durations durations(Timer timer) {
    HistogramSnapshot snapshot = timer.takeSnapshot();
    return new Figures.Durations(
        snapshot.count(),
        snapshot.total(TimeUnit.SECONDS),
        Arrays.stream(snapshot.histogramCounts())
            .map(bucket -> new Figures.Bucket(bucket.bucket(TimeUnit.SECONDS), bucket.count()))
            .toList());
  }

  /** Of the stream threads that commit at all. */
  private @Nullable Double commitMillis() {
    OptionalDouble mean =
        registry.find(COMMIT_LATENCY).gauges().stream()
            .mapToDouble(Gauge::value)
            .filter(Double::isFinite)
            .average();
    return mean.isPresent() ? mean.getAsDouble() : null;
  }
}
