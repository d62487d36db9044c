package io.streamgrad.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.streamgrad.Keys;
import io.streamgrad.streams.settings.Failures;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The port among clients that mean no good. */
class HttpSecurityTest {
  private static final Path NONE = Path.of("");

  /** Of tests that wait until it is over, before silence could be what closes a connection. */
  private static final HttpPort.Patience SHORT =
      new HttpPort.Patience(Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(1));

  private static final String TOKEN = "s3cret-token";

  @TempDir private Path directory;
  private final HttpClient client = HttpClient.newHttpClient();

  @ParameterizedTest
  @ValueSource(strings = {"metrics", "%6detrics", "", "nothing-here"})
  void givenATokenWhenAClientHasItThenItIsAnsweredAndElseNot(String path) throws Exception {
    try (HttpPort endpoint = start(withToken())) {
      URI uri = endpoint.uri().resolve(path);

      for (String wrong :
          List.of("", "Bearer ", "Bearer s3cret-toke", "Bearer s3cret-token2", "Basic " + TOKEN)) {
        HttpResponse<String> refused = get(client, uri, wrong);
        assertThat(refused.statusCode()).as(wrong).isEqualTo(401);
        assertThat(refused.body()).isEqualTo("unauthorized\n");
        assertThat(refused.headers().firstValue("WWW-Authenticate")).contains("Bearer");
      }
      assertThat(get(client, uri, "Bearer " + TOKEN).statusCode())
          .isEqualTo(path.equals("nothing-here") ? 404 : 200);
      assertThat(get(client, uri, "bearer " + TOKEN).statusCode()).isNotEqualTo(401);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"livez", "readyz"})
  void givenATokenWhenAProbeAsksWithoutItThenItIsAnswered(String probe) throws Exception {
    try (HttpPort endpoint = start(withToken())) {
      assertThat(get(client, endpoint.uri().resolve(probe), "").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void givenAKeystoreWhenAskedThenItAnswersOverTlsAndNotInTheOpen() throws Exception {
    Keys keys = new Keys(directory);
    keys.make("server");
    Path password = Files.writeString(directory.resolve("password"), Keys.PASSWORD + "\n");
    HttpSecurity security = HttpSecurity.read(NONE, keys.store("server"), password);
    HttpClient trusting =
        HttpClient.newBuilder().sslContext(trusting(keys.certificate("server"))).build();
    try (HttpPort endpoint = start(security)) {
      assertThat(endpoint.uri().getScheme()).isEqualTo("https");
      assertThat(get(trusting, endpoint.uri().resolve("metrics"), "").body()).isEqualTo("up 1\n");

      assertThatThrownBy(() -> get(client, endpoint.uri(), "")).hasMessageContaining("PKIX");
      URI open = URI.create("http://127.0.0.1:" + endpoint.port() + "/metrics");
      assertThatThrownBy(() -> get(client, open, "")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void givenFilesThatCanNotBeUsedWhenReadThenTheMessageNamesThemAndNoSecret() throws Exception {
    Keys keys = new Keys(directory);
    keys.make("server");
    Path wrong = Files.writeString(directory.resolve("wrong"), "wr0ng");
    Path empty = Files.writeString(directory.resolve("empty"), " \n");
    Path missing = directory.resolve("missing");

    assertUnusable(() -> HttpSecurity.read(missing, NONE, NONE), "http.token-file: " + missing);
    assertUnusable(() -> HttpSecurity.read(empty, NONE, NONE), "http.token-file: " + empty);
    assertUnusable(
        () -> HttpSecurity.read(NONE, keys.store("server"), wrong),
        "http.keystore: " + keys.store("server"));
    assertUnusable(
        () -> HttpSecurity.read(NONE, keys.store("server"), empty),
        "http.keystore-password-file: " + empty);
  }

  private static void assertUnusable(Runnable reading, String start) {
    assertThatThrownBy(reading::run)
        .isInstanceOf(UncheckedIOException.class)
        .extracting(Failures::message)
        .asString()
        .startsWith(start + " can't be used: ")
        .doesNotContain("wr0ng");
  }

  @Test
  void givenOneAddressWhenBoundThenNoOtherAnswers() throws Exception {
    try (HttpPort endpoint = start(HttpSecurity.NONE)) {
      assertThatThrownBy(() -> new Socket("127.0.0.2", endpoint.port()).close())
          .isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET /", "GET / HTTP/1.1\r\nX: ", "GET / HTTP/1.1\r\n"})
  void givenARequestThatHasNoEndWhenItIsTooLongThenItIsCutOff(String start) throws Exception {
    String more = start.endsWith("\r\n") ? "X: y\r\n" : "x".repeat(100);
    try (HttpPort endpoint = start(HttpSecurity.NONE);
        Socket socket = connect(endpoint)) {
      OutputStream out = socket.getOutputStream();
      out.write(start.getBytes(US_ASCII));

      // What the socket's buffers take, at most, beyond the limit of 16 KiB.
      assertThatThrownBy(
              () -> {
                for (int sent = 0; sent < 64 << 20; sent += more.length()) {
                  out.write(more.getBytes(US_ASCII));
                }
              })
          .isInstanceOf(SocketException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"GET", "\0\1\2\r\n\r\n", "GET / HTTP/9\r\n\r\n", "GET ::: HTTP/1.1\r\n\r\n"})
  void givenNoRequestAtAllWhenSentThenTheAnswerTellsNothingOfTheServer(String request)
      throws Exception {
    try (HttpPort endpoint = start(HttpSecurity.NONE);
        Socket socket = connect(endpoint)) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      socket.shutdownOutput();
      socket.setSoTimeout(20_000);

      String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);

      assertThat(answer).doesNotContain("\tat ", "java.", "jetty", "Jetty", "streamgrad");
    }
  }

  @Test
  void givenAHundredSlowClientsWhenHealthIsAskedThenItIsAnsweredAndTheyAreCutOff()
      throws Exception {
    List<Socket> slow = new ArrayList<>();
    try (HttpPort endpoint = start(HttpSecurity.NONE, SHORT)) {
      for (int i = 0; i < 100; i++) {
        Socket socket = connect(endpoint);
        socket.getOutputStream().write("GET /livez HTTP/1.1\r\nX".getBytes(US_ASCII));
        slow.add(socket);
      }
      URI livez = endpoint.uri().resolve("livez");
      assertThat(get(client, livez, "").statusCode()).isEqualTo(200);

      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                assertThat(get(client, livez, "").statusCode()).isEqualTo(200);
                slow.removeIf(HttpSecurityTest::isCutOffAfterAnotherByte);
                return slow.isEmpty();
              });
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  /** As slow clients do: a byte now and then, so that the connection never is idle. */
  private static boolean isCutOffAfterAnotherByte(Socket socket) {
    try {
      socket.getOutputStream().write('x');
      socket.setSoTimeout(1);
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void givenMoreConnectionsThanAllowedWhenTheyAreSilentThenTheNextIsAnsweredInItsTurn()
      throws Exception {
    List<Socket> open = new ArrayList<>();
    try (HttpPort endpoint = start(HttpSecurity.NONE)) {
      for (int i = 0; i < 210; i++) {
        open.add(connect(endpoint));
      }

      assertThat(get(client, endpoint.uri().resolve("metrics"), "").body()).isEqualTo("up 1\n");
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  @Test
  void givenARenewedKeystoreWhenItsFileChangesThenNewConnectionsGetItsCertificate()
      throws Exception {
    Keys keys = new Keys(directory);
    keys.make("server");
    keys.make("renewed");
    Path password = Files.writeString(directory.resolve("password"), Keys.PASSWORD);
    HttpSecurity security = HttpSecurity.read(NONE, keys.store("server"), password);
    SSLContext trusted = trusting(keys.certificate("renewed"));
    try (HttpPort endpoint = start(security, SHORT)) {
      URI livez = endpoint.uri().resolve("livez");
      assertThatThrownBy(() -> get(HttpClient.newBuilder().sslContext(trusted).build(), livez, ""))
          .hasMessageContaining("PKIX");

      Files.move(keys.store("renewed"), keys.store("server"), StandardCopyOption.REPLACE_EXISTING);

      await()
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .untilAsserted(
              () ->
                  assertThat(
                          get(HttpClient.newBuilder().sslContext(trusted).build(), livez, "")
                              .body())
                      .isEqualTo("ok\n"));
    }
  }

  @Test
  void givenFourHundredSocketsThatAreReopenedAsSoonAsTheyAreClosedThenHealthAnswersInASecond()
      throws Exception {
    try (HttpPort endpoint = start(HttpSecurity.NONE, SHORT);
        HttpPort health = HttpPort.startHealth("127.0.0.1", 0, routes());
        Flood flood = new Flood(endpoint.port(), 400)) {
      await().atMost(Duration.ofSeconds(30)).until(() -> flood.reopened() > 400);
      URI livez = health.uri().resolve("livez");
      for (int i = 0; i < 20; i++) {
        HttpRequest request = HttpRequest.newBuilder(livez).timeout(Duration.ofSeconds(1)).build();

        assertThat(client.send(request, BodyHandlers.ofString()).body()).isEqualTo("ok\n");
      }
      long before = flood.reopened();
      await().atMost(Duration.ofSeconds(30)).until(() -> flood.reopened() > before);
    }
  }

  private static List<Route> routes() {
    return List.of(
        Route.open("/livez", text("ok\n")),
        Route.open("/readyz", text("ok\n")),
        Route.guarded("/metrics", text("up 1\n")),
        Route.guarded("/", text("index\n")));
  }

  private static ReadOnly text(String text) {
    return new ReadOnly(request -> Answer.text(200, text));
  }

  private HttpSecurity withToken() throws IOException {
    return HttpSecurity.read(
        Files.writeString(directory.resolve("token"), TOKEN + "\n"), NONE, NONE);
  }

  private static HttpPort start(HttpSecurity security) {
    return start(security, HttpPort.PATIENCE);
  }

  private static HttpPort start(HttpSecurity security, HttpPort.Patience patience) {
    return HttpPort.start("127.0.0.1", 0, security, patience, routes());
  }

  private static Socket connect(HttpPort endpoint) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), endpoint.port());
  }

  private static HttpResponse<String> get(HttpClient client, URI uri, String authorization)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20));
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      trusted.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }
}
