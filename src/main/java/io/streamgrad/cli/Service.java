package io.streamgrad.cli;

import io.streamgrad.config.HttpConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.serving.Health;
import io.streamgrad.serving.HttpEndpoint;
import io.streamgrad.serving.HttpSecurity;
import io.streamgrad.streams.runtime.ServiceStatus;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.wire.BadRecordException;
import java.net.URI;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * The microservice: the stream, its metrics, and HTTP in front of them, which comes first and goes
 * last. One thread opens, begins and closes it; {@link #stop} is for any.
 */
final class Service implements AutoCloseable {
  private final ServiceMetrics metrics;
  private final StreamsService streams;
  private final HttpEndpoint health;
  private final HttpEndpoint http;

  private Service(
      ServiceMetrics metrics, StreamsService streams, HttpEndpoint health, HttpEndpoint http) {
    this.metrics = metrics;
    this.streams = streams;
    this.health = health;
    this.http = http;
  }

  /** Answers over HTTP from now on; the stream has not begun, and Kafka has not been asked. */
  static Service open(ServiceConfig config) {
    HttpConfig http = config.http();
    HttpSecurity security =
        HttpSecurity.read(http.tokenFile(), http.keystore(), http.keystorePasswordFile());
    ServiceMetrics metrics = newMetrics(config);
    StreamsService streams = new StreamsService(config, metrics);
    Supplier<Health> live = () -> live(streams.status());
    Supplier<Health> ready = () -> ready(streams.status());
    HttpEndpoint health = HttpEndpoint.startHealth(http.host(), http.healthPort(), live, ready);
    try {
      return new Service(
          metrics,
          streams,
          health,
          HttpEndpoint.start(http.host(), http.port(), security, metrics::scrape, live, ready));
    } catch (RuntimeException e) {
      health.close();
      throw e;
    }
  }

  /** Metrics that know every reason for a dead letter. */
  static ServiceMetrics newMetrics(ServiceConfig config) {
    return new ServiceMetrics(
        config,
        Arrays.stream(BadRecordException.Reason.values())
            .map(BadRecordException.Reason::text)
            .toList());
  }

  private static Health live(ServiceStatus status) {
    return status.alive() ? Health.up() : Health.down(status.text());
  }

  private static Health ready(ServiceStatus status) {
    return status.ready() ? Health.up() : Health.down(status.text());
  }

  URI uri() {
    return http.uri();
  }

  /** Where health alone is answered. */
  URI healthUri() {
    return health.uri();
  }

  /** As {@link StreamsService#begin}. */
  void begin() {
    streams.begin();
  }

  /** Whether neither a person nor an error stops it. */
  boolean isRunning() {
    return streams.isRunning();
  }

  /** Tells it to stop: {@link #begin} and {@link #awaitStopped} return soon. */
  void stop() {
    streams.stop();
  }

  /**
   * Waits until it is to stop.
   *
   * @throws StreamFailedException if it is for an error
   */
  void awaitStopped() throws InterruptedException {
    Throwable failure = streams.awaitStopped();
    if (failure != null) {
      throw new StreamFailedException(failure);
    }
  }

  /** Stops learning after a last commit, and the rest after that. */
  @Override
  public void close() {
    metrics.close(); // before the streams: the Kafka binder reads from them
    streams.close();
    http.close();
    health.close();
  }
}
