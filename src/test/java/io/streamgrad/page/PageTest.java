package io.streamgrad.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamgrad.committed.CommittedModel;
import io.streamgrad.committed.Reading;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.http.HttpPort;
import io.streamgrad.http.HttpSecurity;
import io.streamgrad.metrics.Figures;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page answers over HTTP, where no Kafka does. */
class PageTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Figures.Durations NONE = new Figures.Durations(0, 0, List.of());
  private static final Figures FIGURES =
      new Figures(1, 2, 3, 4, 5, 6, 7, Map.of("bad-json", 8.0), 9, NONE, NONE, null);

  @TempDir private Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private Page page;
  private HttpPort port;
  private volatile Reading reading = new Reading.Unavailable("no Kafka");

  @BeforeEach
  void start() throws IOException {
    page =
        new Page(
            ConfigLoader.load(null, Map.of(), Map.of("kafka.bootstrap.servers", "127.0.0.1:1")),
            () -> new Instance(true, false, "waiting for \"Kafka\"", Set.of(1, 0)),
            () -> FIGURES,
            name -> CompletableFuture.completedFuture(reading));
    Path token = Files.writeString(directory.resolve("token"), "t");
    HttpSecurity security = HttpSecurity.read(token, Path.of(""), Path.of(""));
    port = HttpPort.start("127.0.0.1", 0, security, page.routes());
  }

  @AfterEach
  void stop() {
    page.close();
    port.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "page/app.js",
        "page/style.css",
        "page/icon.svg",
        "uplot/1.6.30/dist/uPlot.iife.min.js"
      })
  void givenNoTokenThenTheFilesAreThereAndABrowserIsToldToRunNothingElse(String path)
      throws Exception {
    HttpResponse<String> file = get(path, "", BodyHandlers.ofString());

    assertThat(file.statusCode()).isEqualTo(200);
    assertThat(file.body()).hasSizeGreaterThan(100);
    assertThat(file.headers().firstValue("Content-Security-Policy").orElse(""))
        .startsWith("default-src 'self'; ")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(file.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
  }

  @Test
  void thePageLoadsNothingFromElsewhereAndHasNoScriptOrStyleOfItsOwn() throws Exception {
    String html = get("", "", BodyHandlers.ofString()).body();

    assertThat(html).doesNotContainPattern("(?i)(src|href)=\"(https?:)?//");
    assertThat(html)
        .doesNotContainPattern("(?i)<style|\\sstyle=|\\son[a-z]+=|<script(?![^>]*src=)");
  }

  @Test
  void noScriptReadsTextAsMarkup() throws IOException {
    try (Stream<Path> scripts = Files.list(Path.of("src/main/resources/web/page"))) {
      for (Path script : scripts.filter(file -> file.toString().endsWith(".js")).toList()) {
        assertThat(Files.readString(script))
            .as(script.toString())
            .doesNotContainPattern(
                "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"page/", "page/../streamgrad-defaults.yaml", "page/%2e%2e/index.html", "uplot/"})
  void givenAPathThatIsNoFileThenThereIsNothing(String path) throws Exception {
    assertThat(get(path, "t", BodyHandlers.ofString()).statusCode()).isIn(400, 403, 404);
  }

  @Test
  void givenNoTokenThenNoDataAreTold() throws Exception {
    HttpResponse<String> refused = get("api/events", "", BodyHandlers.ofString());

    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body()).doesNotContain("Kafka");
  }

  @Test
  void givenAKafkaThatDoesNotAnswerThenThePageIsToldHowTheServiceIs() throws Exception {
    try (InputStream events = get("api/events", "t", BodyHandlers.ofInputStream()).body()) {
      String first = read(events, "\n\n");

      assertThat(first)
          .startsWith("event: service\ndata: {")
          .contains("\"status\":\"waiting for \\\"Kafka\\\"\"")
          .contains("\"partitions\":[0,1]")
          .contains("\"deadLetters\":{\"bad-json\":8.0}");
    }
  }

  @Test
  void givenAStreamThenItEndsBeforeARequestHasTo() throws Exception {
    assertThat(get("api/events", "t", BodyHandlers.ofString()).body()).endsWith("\n\n");
  }

  @Test
  void givenAModelThatCanNotBeReadThenThePageIsToldWhyAndWithoutTheTokenNothing() throws Exception {
    assertThat(get("api/weights?model=m", "t", BodyHandlers.ofString()).body())
        .isEqualTo("{\"reason\":\"no Kafka\"}");
    assertThat(get("api/weights", "t", BodyHandlers.ofString()).statusCode()).isEqualTo(400);
    assertThat(get("api/weights?model=m", "", BodyHandlers.ofString()).statusCode()).isEqualTo(401);
  }

  @ParameterizedTest
  @CsvSource({
    "784, '\"height\":28,\"width\":28,\"channels\":1,\"all\":2'",
    "3072, '\"height\":32,\"width\":32,\"channels\":3,\"all\":2'",
    "12, '\"height\":2,\"width\":2,\"channels\":3,\"all\":2'",
    "5, '\"reason\":\"its 5 inputs are no square, in grey or in color\"'",
    "6, '\"reason\":\"its 6 inputs are no square, in grey or in color\"'"
  })
  void givenAModelThenThePageIsToldWhatShapeItsUnitsHave(int inputs, String expected)
      throws Exception {
    ModelSpec spec =
        ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[" + inputs + ", 2, 2]")).model();
    reading =
        new Reading.Found(
            new CommittedModel("m", 0, ModelState.initial(spec), Lineage.NONE), Duration.ZERO);

    assertThat(get("api/weights?model=m", "t", BodyHandlers.ofString()).body()).contains(expected);
  }

  @Test
  void givenMoreModelsThanAreTakenThenTheLimitIsNamed() throws Exception {
    HttpResponse<String> refused =
        get(
            "api/events?model=a&model=b&model=c&model=d&model=e&model=f&model=g",
            "t",
            BodyHandlers.ofString());

    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).isEqualTo("model: at most 6 of them\n");
  }

  @Test
  void givenMorePagesThanThereIsRoomForThenTheLastOneIsToldSo() throws Exception {
    List<InputStream> open = new ArrayList<>();
    for (int i = 0; i < Audience.MAX_STREAMS; i++) {
      open.add(get("api/events", "t", BodyHandlers.ofInputStream()).body());
    }
    HttpResponse<String> refused = get("api/events", "t", BodyHandlers.ofString());
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).isEqualTo("20 pages are open, which is the most\n");

    for (InputStream each : open) {
      each.close();
    }
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              try (InputStream body = get("api/events", "t", BodyHandlers.ofInputStream()).body()) {
                return read(body, "\n").startsWith("event");
              }
            });
  }

  @Test
  void givenNoPageThatIsOpenThenNothingOfItRunsAndAfterItsEndNothingDoesAnyMore() throws Exception {
    await().atMost(PATIENCE).until(() -> threads().isEmpty()); // of the test before

    try (InputStream events = get("api/events", "t", BodyHandlers.ofInputStream()).body()) {
      read(events, "\n\n");
      assertThat(threads()).hasSize(2);
    }
    page.close();

    await().atMost(PATIENCE).until(() -> threads().isEmpty());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("streamgrad-page"))
        .toList();
  }

  private static String read(InputStream in, String end) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      int next = in.read();
      if (next < 0) {
        return text.toString();
      }
      text.append((char) next);
    }
    return text.toString();
  }

  private <T> HttpResponse<T> get(String path, String token, BodyHandler<T> body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(port.uri().resolve("/" + path)).timeout(PATIENCE);
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    return client.send(request.build(), body);
  }
}
