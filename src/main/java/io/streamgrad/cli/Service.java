package io.streamgrad.cli;

import io.streamgrad.config.HttpConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.http.HttpPort;
import io.streamgrad.http.HttpSecurity;
import io.streamgrad.http.Route;
import io.streamgrad.inference.InferenceHandler;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.page.Instance;
import io.streamgrad.page.Page;
import io.streamgrad.serving.Health;
import io.streamgrad.serving.ServiceRoutes;
import io.streamgrad.streams.runtime.ServiceStatus;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.wire.BadRecordException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The microservice: the stream, its metrics, and HTTP in front of them, which comes first and goes
 * last. One thread opens, begins and closes it; {@link #stop} is for any.
 */
final class Service implements AutoCloseable {
  private final ServiceMetrics metrics;
  private final StreamsService streams;
  private final HttpPort health;
  private final HttpPort http;
  private final Page page;

  private Service(
      ServiceMetrics metrics, StreamsService streams, HttpPort health, HttpPort http, Page page) {
    this.metrics = metrics;
    this.streams = streams;
    this.health = health;
    this.http = http;
    this.page = page;
  }

  /** Answers over HTTP from now on; the stream has not begun, and Kafka has not been asked. */
  static Service open(ServiceConfig config) {
    HttpConfig http = config.http();
    HttpSecurity security =
        HttpSecurity.read(http.tokenFile(), http.keystore(), http.keystorePasswordFile());
    ServiceMetrics metrics = newMetrics(config);
    StreamsService streams = new StreamsService(config, metrics);
    Page page = new Page(config, () -> instance(streams), metrics::figures, streams::model);
    HttpPort health = HttpPort.startHealth(http.host(), http.healthPort(), checks(streams));
    try {
      return new Service(
          metrics,
          streams,
          health,
          HttpPort.start(
              http.host(), http.port(), security, routes(config, streams, metrics, page)),
          page);
    } catch (RuntimeException e) {
      health.close();
      throw e;
    }
  }

  /** What the main port answers. */
  private static List<Route> routes(
      ServiceConfig config, StreamsService streams, ServiceMetrics metrics, Page page) {
    List<Route> routes = new ArrayList<>(checks(streams));
    routes.add(ServiceRoutes.metrics(metrics::scrape));
    routes.addAll(InferenceHandler.routes(new ServiceInference(config, streams, metrics)));
    routes.addAll(page.routes());
    return routes;
  }

  private static Instance instance(StreamsService streams) {
    ServiceStatus status = streams.status();
    return new Instance(status.alive(), status.ready(), status.text(), streams.partitions());
  }

  private static List<Route> checks(StreamsService streams) {
    return ServiceRoutes.health(() -> live(streams.status()), () -> ready(streams.status()));
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
    page.close(); // open pages see the end of it
    http.close();
    health.close();
  }
}
