package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.metrics.ServiceMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service that has no Kafka. */
@Timeout(60)
class StreamsServiceTest {
  private static final String NOBODY = "127.0.0.1:1";
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path directory;
  private final ServiceMetrics metrics =
      new ServiceMetrics(ConfigLoader.load(null, Map.of(), Map.of()), List.of());

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void givenNoBrokerWhenItBeginsThenItWaitsAndSaysForWhatUntilItIsToldToStop() {
    StreamsService service = new StreamsService(config(NOBODY), metrics);
    CompletableFuture<Void> begin = CompletableFuture.runAsync(service::begin);
    String waiting = "waiting for Kafka at 127.0.0.1:1: no broker answers";
    await().atMost(SOON).until(() -> metrics.scrape().contains("streamgrad_ready 0"));
    assertThat(service.status()).isEqualTo(new ServiceStatus(true, false, waiting));
    assertThat(begin).isNotDone();
    assertThat(threads()).contains("streamgrad-status-log");

    service.stop();

    assertThat(begin).succeedsWithin(SOON);
    assertThat(service.status()).isEqualTo(new ServiceStatus(true, false, "stopping"));
    service.close();
    service.close();
    await().atMost(SOON).untilAsserted(() -> assertThat(threads()).isEmpty());
  }

  @Test
  void givenANameThatIsNotKnownWhenItBeginsThenItWaitsAndSaysSo() {
    try (StreamsService service = new StreamsService(config("kafka.invalid:9092"), metrics)) {
      CompletableFuture<Void> begin = CompletableFuture.runAsync(service::begin);

      await()
          .atMost(SOON)
          .until(
              () ->
                  service
                      .status()
                      .text()
                      .equals("waiting for Kafka at kafka.invalid:9092: no such name is known"));
      service.stop();

      assertThat(begin).succeedsWithin(SOON);
    }
  }

  @Test
  void givenAStopBeforeItBeginsWhenItBeginsThenItReturnsAtOnce() throws Exception {
    try (StreamsService service = new StreamsService(config(NOBODY), metrics)) {
      service.stop();

      service.begin();

      assertThat(service.awaitStopped()).isNull();
      assertThat(service.isRunning()).isFalse();
    }
  }

  @Test
  void givenAnErrorFromAnotherThreadWhenItWaitsThenItStopsAndTellsTheErrorAndIsNotAlive()
      throws Exception {
    Exception error = new IllegalStateException("offsets and weights do not belong together");
    try (StreamsService service = new StreamsService(config(NOBODY), metrics)) {
      CompletableFuture<Void> begin = CompletableFuture.runAsync(service::begin);

      service.fail(error);

      assertThat(service.awaitStopped()).isSameAs(error);
      assertThat(begin).succeedsWithin(SOON);
      assertThat(service.status())
          .isEqualTo(
              new ServiceStatus(
                  false, false, "failed: offsets and weights do not belong together"));
    }
  }

  /** Those that a service starts, and its clients. */
  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(
            name ->
                name.matches(
                    "streamgrad-(status-log|hanging-transactions|input-monitor)|kafka-admin-client.*"))
        .toList();
  }

  private ServiceConfig config(String server) {
    return ConfigLoader.load(
        null,
        Map.of(),
        Map.of(
            "kafka.bootstrap.servers", server, "state-dir", directory.resolve("state").toString()));
  }
}
