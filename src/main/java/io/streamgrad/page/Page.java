package io.streamgrad.page;

import io.streamgrad.committed.Reading;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.http.Route;
import io.streamgrad.metrics.Figures;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The page of a service: its files for everybody, its data for who has the token, where there is
 * one. Costs nothing while nobody has it open.
 *
 * <p>Thread-safe.
 */
public final class Page implements AutoCloseable {
  private final Audience audience;
  private final PageData data;
  private final Function<String, CompletableFuture<Reading>> models;

  /**
   * A page that shows this instance, and the models of all.
   *
   * @param models as they were committed, by name
   */
  public Page(
      ServiceConfig config,
      Supplier<Instance> instance,
      Supplier<Figures> figures,
      Function<String, CompletableFuture<Reading>> models) {
    this.models = models;
    Histories histories = new Histories();
    MisreadImages misread = new MisreadImages();
    MetricsTail tail = new MetricsTail(config.topics().metrics(), histories);
    audience = new Audience(wanted -> new TopicReader(config, tail, histories, misread, wanted));
    data =
        new PageData(
            config.applicationId(), instance, figures, audience::trouble, histories, misread);
  }

  /** What answers for it. */
  public List<Route> routes() {
    Assets files = new Assets();
    return List.of(
        Route.open("/", files),
        Route.open("/page/*", files),
        Route.open("/uplot/*", files),
        Route.guarded("/api/events", new EventsHandler(data, audience)),
        Route.guarded("/api/weights", new WeightsHandler(models)));
  }

  /** Lets open pages go. */
  @Override
  public void close() {
    audience.close();
  }
}
