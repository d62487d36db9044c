package io.streamgrad.streams.runtime;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.streams.KafkaStreams;
import org.jspecify.annotations.Nullable;

/**
 * Whether the group's coordinator is heard. A consumer sends it a heartbeat when it has answered
 * the one before, records or not; Kafka Streams says RUNNING also when all brokers are gone.
 *
 * <p>Thread-safe.
 */
final class Heartbeats {
  /** So long is a silence not looked for again where it is asked for with each request. */
  private static final Duration LOOK = Duration.ofMillis(500);

  private record Look(long nanos, Duration silence) {}

  private final Duration session;
  private volatile @Nullable Look last;

  Heartbeats(ServiceConfig config) {
    session = StreamsProperties.sessionTimeout(config);
  }

  /** As {@link #silence}, or as it was half a second ago: it costs next to nothing. */
  Duration recentSilence(KafkaStreams running) {
    long now = System.nanoTime();
    Look look = last;
    if (look == null || now - look.nanos() > LOOK.toNanos()) {
      look = new Look(now, silence(running.metrics()));
      last = look;
    }
    return look.silence();
  }

  /**
   * How long the longest silence of all consumers has lasted, if that ends a session; else zero.
   */
  Duration silence(Map<MetricName, ? extends Metric> metrics) {
    double seconds =
        metrics.values().stream()
            .filter(metric -> metric.metricName().name().equals("last-heartbeat-seconds-ago"))
            .mapToDouble(metric -> metric.metricValue() instanceof Double ago ? ago : 0)
            .max()
            .orElse(0);
    Duration silence = Duration.ofMillis((long) (seconds * 1000));
    return silence.compareTo(session) > 0 ? silence : Duration.ZERO;
  }
}
