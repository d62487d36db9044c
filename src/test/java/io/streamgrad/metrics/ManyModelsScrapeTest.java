package io.streamgrad.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.http.HttpPort;
import io.streamgrad.http.HttpSecurity;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.ScoreSnapshot;
import io.streamgrad.serving.ServiceRoutes;
import java.io.ByteArrayInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A service of thousands of models, as Prometheus gets it over HTTP. */
class ManyModelsScrapeTest {
  private static final int MODELS = 5_000;
  private static final int LARGEST = 3_200_000; // bytes

  private final HttpClient client = HttpClient.newHttpClient();

  @TempDir private Path directory;

  /** The time is told, and no verdict: it is the machine's. */
  @ParameterizedTest
  @CsvSource({
    "10, 11", // as in a topic of devices: device-04711
    "32, 11", // the most classes that are shown one by one
    "10, 249", // the longest names
  })
  void givenThousandsOfModelsWhenScrapedThenTheTextIsOfBoundedSize(int classes, int nameLength)
      throws Exception {
    try (StreamsWithMeters streams = new StreamsWithMeters(directory);
        ServiceMetrics metrics = metrics();
        HttpPort http = serve(metrics)) {
      metrics.bindKafka(streams);
      for (int i = 0; i < MODELS; i++) {
        metrics.report(status(("device-%0" + (nameLength - 7) + "d").formatted(i), classes));
      }
      get(http, "identity"); // loads classes

      long start = System.nanoTime();
      HttpResponse<byte[]> plain = get(http, "identity");
      Duration plainTook = Duration.ofNanos(System.nanoTime() - start);
      start = System.nanoTime();
      HttpResponse<byte[]> gzip = get(http, "gzip");
      Duration gzipTook = Duration.ofNanos(System.nanoTime() - start);

      String told =
          "%d models of %d classes, names of %d: %,d bytes in %d ms, gzip %,d bytes in %d ms"
              .formatted(
                  MODELS,
                  classes,
                  nameLength,
                  plain.body().length,
                  plainTook.toMillis(),
                  gzip.body().length,
                  gzipTook.toMillis());
      System.out.println(told);
      Scrape scrape = new Scrape(new String(plain.body(), UTF_8));
      assertThat(plain.body()).as(told).hasSizeLessThan(LARGEST);
      assertThat(scrape.value("streamgrad_models")).isEqualTo(MODELS);
      assertThat(scrape.value("streamgrad_models_without_series")).isEqualTo(MODELS - 500);
      assertThat(scrape.series("streamgrad_model_version")).hasSize(500);
      assertThat(scrape.series("streamgrad_confusion_images")).hasSize(20 * classes * classes);
    }
  }

  @Test
  void givenAScraperThatTakesGzipThenItGetsTheSameSeriesInAFractionOfTheBytes() throws Exception {
    try (ServiceMetrics metrics = metrics();
        HttpPort http = serve(metrics)) {
      for (int i = 0; i < 1000; i++) {
        metrics.report(status("device-" + i, 10));
      }

      HttpResponse<byte[]> gzip = get(http, "gzip");
      HttpResponse<byte[]> plain = get(http, "identity");

      assertThat(gzip.headers().firstValue("Content-Encoding")).contains("gzip");
      assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
      assertThat(gzip.body()).hasSizeLessThan(plain.body().length / 5);
      try (GZIPInputStream text = new GZIPInputStream(new ByteArrayInputStream(gzip.body()))) {
        assertThat(ofModels(text.readAllBytes())).isEqualTo(ofModels(plain.body())).isNotEmpty();
      }
    }
  }

  /** The lines that no clock changes. */
  private static List<String> ofModels(byte[] text) {
    return new String(text, UTF_8).lines().filter(line -> line.contains("model=\"")).toList();
  }

  private static ServiceMetrics metrics() {
    return new ServiceMetrics(ConfigLoader.load(null, Map.of(), Map.of()), List.of());
  }

  private static HttpPort serve(ServiceMetrics metrics) {
    return HttpPort.start(
        "127.0.0.1", 0, HttpSecurity.NONE, List.of(ServiceRoutes.metrics(metrics::scrape)));
  }

  private HttpResponse<byte[]> get(HttpPort http, String encoding) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(http.uri().resolve("metrics"))
            .timeout(Duration.ofSeconds(30))
            .header("Accept-Encoding", encoding)
            .build();
    HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(200);
    return response;
  }

  private static ModelStatus status(String model, int classes) {
    long[] confusion = new long[classes * classes];
    for (int i = 0; i < confusion.length; i++) {
      confusion[i] = i % 37;
    }
    ScoreSnapshot score = new ScoreSnapshot(1_003, 63, 887, 391.7 / 3, confusion);
    return new ModelStatus(
        model,
        3_750,
        new ModelStatus.Window(score, 0),
        score,
        60_000,
        3_750,
        8.0 / 9,
        100.0 / 7,
        0.1,
        0,
        false);
  }
}
