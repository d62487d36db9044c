package io.streamgrad.serving;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.streamgrad.http.HttpPort;
import io.streamgrad.http.HttpSecurity;
import io.streamgrad.http.Route;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a service answers at its two ports. */
class ServiceRoutesTest {
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final AtomicReference<Health> live = new AtomicReference<>(Health.up());
  private final AtomicReference<Health> ready = new AtomicReference<>(Health.up());
  private final AtomicReference<String> metrics = new AtomicReference<>("answer 42\n");
  private final HttpPort endpoint = start(0);

  @AfterEach
  void close() {
    endpoint.close();
  }

  @Test
  void givenMetersWhenScrapedThenTheTextIsSentAsPrometheusFormat() throws Exception {
    metrics.set("größe 1\n");

    HttpResponse<String> response = send("GET", "metrics");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("größe 1\n");
    assertThat(response.headers().firstValue("Content-Type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
  }

  @Test
  void givenAHealthyServiceWhenAskedThenBothChecksSayOk() throws Exception {
    assertThat(send("GET", "livez")).satisfies(is(200, "ok\n"));
    assertThat(send("GET", "readyz")).satisfies(is(200, "ok\n"));
  }

  @Test
  void givenWeightsStillRestoringWhenAskedThenItIsAliveAndNotReady() throws Exception {
    ready.set(Health.down("restoring weights\nsecond line"));

    assertThat(send("GET", "readyz")).satisfies(is(503, "restoring weights\n"));
    assertThat(send("GET", "livez")).satisfies(is(200, "ok\n"));
  }

  @Test
  void givenADeadStreamWhenAskedThenItIsNotAliveAndTheReasonIsTold() throws Exception {
    live.set(Health.down("Streams is in state ERROR"));

    assertThat(send("GET", "livez")).satisfies(is(503, "Streams is in state ERROR\n"));
    assertThat(send("GET", "readyz")).satisfies(is(200, "ok\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"metricsandmore", "metrics/", "livez/x", "favicon.ico"})
  void givenAnotherPathWhenAskedThenItIsNotFound(String path) throws Exception {
    assertThat(send("GET", path)).satisfies(is(404, "not found\n"));
  }

  @Test
  void givenAPathWithLettersThatAreEncodedWhenAskedThenItIsTheSamePath() throws Exception {
    assertThat(send("GET", "%6detrics")).satisfies(is(200, "answer 42\n"));
  }

  @Test
  void givenAPathThatTwoReadersReadDifferentlyWhenAskedThenItIsRefused() throws Exception {
    assertThat(send("GET", "..%2Fmetrics")).satisfies(is(400, "bad request\n"));
  }

  @Test
  void givenAQueryWhenAskedThenItIsIgnored() throws Exception {
    assertThat(send("GET", "livez?verbose")).satisfies(is(200, "ok\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
  void givenAnotherMethodWhenAskedThenItIsRefusedAndTheAllowedOnesTold(String method)
      throws Exception {
    HttpResponse<String> response = send(method, "metrics");

    assertThat(response).satisfies(is(405, "method not allowed\n"));
    assertThat(response.headers().firstValue("Allow")).contains("GET, HEAD");
  }

  @Test
  void givenAHeadRequestWhenAskedThenItHasTheHeadersOfAGetAndNoBody() throws Exception {
    HttpResponse<String> response = send("HEAD", "metrics");

    assertThat(response).satisfies(is(200, ""));
    assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(10);
  }

  @Test
  void givenASupplierThatThrowsWhenAskedThenTheClientLearnsNothingOfIt() throws Exception {
    HttpPort broken =
        start(
            0,
            out -> {
              out.write("half of a me".getBytes(US_ASCII));
              throw new IllegalStateException("secret");
            });
    try (broken) {
      assertThat(send("GET", broken.uri().resolve("metrics")))
          .satisfies(is(500, "internal error\n"));
      assertThat(send("GET", broken.uri().resolve("livez"))).satisfies(is(200, "ok\n"));
    }
  }

  @Test
  void givenAPortInUseWhenStartedThenTheMessageNamesHostAndPort() {
    assertThatThrownBy(() -> start(endpoint.port()).close())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("127.0.0.1:" + endpoint.port());
  }

  @Test
  void givenAnUnknownHostWhenStartedThenTheMessageNamesIt() {
    assertThatThrownBy(
            () -> HttpPort.start("host.invalid", 8080, HttpSecurity.NONE, List.of()).close())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("http.host: host.invalid is no name or address of this machine");
  }

  @Test
  void givenAllAddressesBoundWhenAskedForItsUriThenThisMachineCanUseIt() throws Exception {
    try (HttpPort all = HttpPort.start("0.0.0.0", 0, HttpSecurity.NONE, checks())) {
      assertThat(send("GET", all.uri().resolve("livez"))).satisfies(is(200, "ok\n"));
    }
  }

  @Test
  void givenAnEndpointWhenClosedThenItsPortIsFreeForTheNext() throws Exception {
    int port = endpoint.port();
    endpoint.close();

    try (HttpPort next = start(port)) {
      assertThat(send("GET", next.uri().resolve("livez"))).satisfies(is(200, "ok\n"));
    }
  }

  @Test
  void givenAnEndpointWhenItAnswersThenAllItsThreadsAreDaemonsAndEndWithIt() throws Exception {
    send("GET", "livez");

    assertThat(threads()).hasSizeGreaterThanOrEqualTo(2).allMatch(Thread::isDaemon);

    endpoint.close();

    await().until(() -> threads().isEmpty());
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("streamgrad-http-"))
        .collect(Collectors.toSet());
  }

  @Test
  void givenAClientThatTakesGzipWhenItScrapesThenTheMetersAreCompressedForIt() throws Exception {
    metrics.set("größe 1\n".repeat(1000));
    HttpRequest request =
        HttpRequest.newBuilder(endpoint.uri().resolve("metrics"))
            .header("Accept-Encoding", "br;q=1.0, gzip;q=0.5, *;q=0")
            .build();

    HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());

    assertThat(response.headers().firstValue("Content-Encoding")).contains("gzip");
    assertThat(response.headers().firstValue("Vary")).contains("Accept-Encoding");
    assertThat(response.body()).hasSizeLessThan(200);
    try (GZIPInputStream text = new GZIPInputStream(new ByteArrayInputStream(response.body()))) {
      assertThat(new String(text.readAllBytes(), UTF_8)).isEqualTo(metrics.get());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "gzip;q=0"})
  void givenAClientThatDoesNotTakeGzipWhenItScrapesThenItGetsText(String encodings)
      throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(endpoint.uri().resolve("metrics"))
            .header("Accept-Encoding", encodings)
            .build();

    assertThat(client.send(request, BodyHandlers.ofString())).satisfies(is(200, "answer 42\n"));
  }

  @Test
  void givenTheHealthPortWhenAskedThenItAnswersTheTwoChecksAndNothingElse() throws Exception {
    ready.set(Health.down("waiting for Kafka"));
    try (HttpPort health = HttpPort.startHealth("127.0.0.1", 0, checks())) {
      assertThat(send("GET", health.uri().resolve("livez"))).satisfies(is(200, "ok\n"));
      assertThat(send("GET", health.uri().resolve("readyz")))
          .satisfies(is(503, "waiting for Kafka\n"));
      assertThat(send("GET", health.uri().resolve("metrics"))).satisfies(is(404, "not found\n"));
      assertThat(send("GET", health.uri())).satisfies(is(404, "not found\n"));
    }
  }

  @Test
  void givenMoreSlowClientsThanThreadsWhenTheirTimeIsUpThenHealthIsAnsweredAgain()
      throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), endpoint.port());
        socket.getOutputStream().write("GET /livez HTT".getBytes(US_ASCII));
        slow.add(socket);
      }

      await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(send("GET", "livez").statusCode()).isEqualTo(200));
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  private void writeMetrics(OutputStream out) throws IOException {
    out.write(Objects.requireNonNull(metrics.get()).getBytes(UTF_8));
  }

  private List<Route> checks() {
    return ServiceRoutes.health(live::get, ready::get);
  }

  private HttpPort start(int port) {
    return start(port, this::writeMetrics);
  }

  private HttpPort start(int port, MetricsText text) {
    List<Route> routes = new ArrayList<>(checks());
    routes.add(ServiceRoutes.metrics(text));
    return HttpPort.start("127.0.0.1", port, HttpSecurity.NONE, routes);
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    return send(method, URI.create(endpoint.uri() + path));
  }

  private HttpResponse<String> send(String method, URI uri)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .timeout(Duration.ofSeconds(20))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return client.send(request, BodyHandlers.ofString());
  }

  private static Consumer<HttpResponse<String>> is(int status, String body) {
    return response -> {
      assertThat(response.statusCode()).isEqualTo(status);
      assertThat(response.body()).isEqualTo(body);
    };
  }
}
