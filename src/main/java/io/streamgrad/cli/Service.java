package io.streamgrad.cli;

import io.streamgrad.config.HttpConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.serving.Health;
import io.streamgrad.serving.HttpEndpoint;
import io.streamgrad.serving.HttpSecurity;
import io.streamgrad.topology.StreamsService;
import io.streamgrad.wire.BadRecordException;
import java.net.URI;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The microservice: the stream, its metrics, and HTTP in front of them. */
final class Service implements AutoCloseable {
  private final ServiceMetrics metrics;
  private final StreamsService streams;
  private final HttpEndpoint http;
  private boolean closed; // guarded by this

  private Service(ServiceMetrics metrics, StreamsService streams, HttpEndpoint http) {
    this.metrics = metrics;
    this.streams = streams;
    this.http = http;
  }

  static Service start(ServiceConfig config) {
    HttpConfig http = config.http();
    HttpSecurity security =
        HttpSecurity.read(http.tokenFile(), http.keystore(), http.keystorePasswordFile());
    ServiceMetrics metrics = newMetrics();
    StreamsService streams;
    try {
      streams = StreamsService.start(config, metrics);
    } catch (RuntimeException e) {
      metrics.close();
      throw e;
    }
    try {
      HttpEndpoint endpoint =
          HttpEndpoint.start(
              http.host(),
              http.port(),
              security,
              metrics::scrape,
              () -> health(streams.notAlive()),
              () -> health(streams.notReady()));
      return new Service(metrics, streams, endpoint);
    } catch (RuntimeException e) {
      metrics.close();
      streams.close();
      throw e;
    }
  }

  /** Metrics that know every reason for a dead letter. */
  static ServiceMetrics newMetrics() {
    return new ServiceMetrics(
        Arrays.stream(BadRecordException.Reason.values())
            .map(BadRecordException.Reason::text)
            .toList());
  }

  private static Health health(@Nullable String wrong) {
    return wrong == null ? Health.up() : Health.down(wrong);
  }

  URI uri() {
    return http.uri();
  }

  /** Whether the stream runs, or is about to. */
  boolean isAlive() {
    return streams.notAlive() == null;
  }

  /**
   * Waits until the stream has stopped.
   *
   * @throws StreamFailedException if an error stopped it
   */
  void awaitStopped() throws InterruptedException {
    Throwable failure = streams.awaitStopped();
    if (failure != null) {
      throw new StreamFailedException(failure);
    }
  }

  /** Stops learning after a last commit, and the rest after that. Closing again does nothing. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      metrics.close(); // before the streams: the Kafka binder reads from them
      streams.close();
      http.close();
    }
  }
}
