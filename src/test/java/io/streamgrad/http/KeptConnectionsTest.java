package io.streamgrad.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

/** Connections that serve one request after the other. */
class KeptConnectionsTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final byte[] ASK = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII);
  private static final Route OK = Route.open("/ok", new ReadOnly(r -> Answer.text(200, "ok\n")));

  @Test
  void aClientAsksAgainOnItsConnection() throws Exception {
    try (HttpPort port = start(HttpPort.PATIENCE, OK);
        Socket socket = connect(port)) {
      for (int i = 0; i < 100; i++) {
        socket.getOutputStream().write(ASK);
        assertThat(answer(socket)).startsWith("HTTP/1.1 200 ");
      }
    }
  }

  /** Each time sooner than the silence that is allowed, and all of them longer than a request. */
  @Test
  void aConnectionThatIsUsedOutlivesTheTimeOfARequest() throws Exception {
    HttpPort.Patience patience =
        new HttpPort.Patience(Duration.ofSeconds(1), MINUTE, Duration.ofSeconds(1));
    try (HttpPort port = start(patience, OK);
        Socket socket = connect(port)) {
      socket.getOutputStream().write(ASK);
      answer(socket);
      socket.setSoTimeout(2_500); // more than two requests' time in silence
      try {
        assertThat(socket.getInputStream().read()).as("closed").isNotNegative();
      } catch (SocketTimeoutException e) {
        socket.getOutputStream().write(ASK);
      }
      assertThat(answer(socket)).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void aClientThatTricklesItsSecondRequestIsCutOff() throws Exception {
    HttpPort.Patience patience =
        new HttpPort.Patience(MINUTE, Duration.ofSeconds(2), Duration.ofSeconds(1));
    try (HttpPort port = start(patience, OK);
        Socket socket = connect(port)) {
      socket.getOutputStream().write(ASK);
      answer(socket);

      socket.getOutputStream().write("GET /ok HTTP/1.1\r\nX".getBytes(US_ASCII));
      await().atMost(MINUTE).until(() -> isCutOffAfterAnotherByte(socket));
    }
  }

  @Test
  void aClientThatTricklesTheBodyOfItsSecondRequestIsCutOff() throws Exception {
    HttpPort.Patience patience =
        new HttpPort.Patience(Duration.ofSeconds(2), MINUTE, Duration.ofSeconds(1));
    try (HttpPort port = start(patience, OK, Route.open("/body", new ReadsAll()));
        Socket socket = connect(port)) {
      socket.getOutputStream().write(ASK);
      answer(socket);

      socket
          .getOutputStream()
          .write(
              "POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n".getBytes(US_ASCII));
      await().atMost(MINUTE).until(() -> isCutOffAfterAnotherByte(socket));
    }
  }

  /** 200 that keep their connection, and say nothing for a minute. */
  @Test
  void whereConnectionsAreShortOneThatIsSilentIsClosedForTheNext() throws Exception {
    HttpPort.Patience patience = new HttpPort.Patience(MINUTE, MINUTE, Duration.ofSeconds(1));
    List<Socket> kept = new ArrayList<>();
    try (HttpPort port = start(patience, OK)) {
      for (int i = 0; i < 200; i++) {
        Socket socket = connect(port);
        kept.add(socket);
        socket.getOutputStream().write(ASK);
        answer(socket);
      }
      long start = System.nanoTime();
      assertThat(get(port.uri().resolve("ok"))).isEqualTo("ok\n");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(45));
    } finally {
      for (Socket socket : kept) {
        socket.close();
      }
    }
  }

  @Test
  void anAnswerThatIsUnderWayLeavesBeforeThePortIsClosed() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    AtomicReference<Runnable> later = new AtomicReference<>();
    Handler slow =
        new Handler.Abstract.NonBlocking() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            later.set(() -> Answer.text(200, "late\n").send(response, callback));
            asked.countDown();
            return true;
          }
        };
    try (HttpPort port = start(HttpPort.PATIENCE, Route.open("/slow", slow));
        Socket socket = connect(port)) {
      socket.getOutputStream().write("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII));
      assertThat(asked.await(1, TimeUnit.MINUTES)).isTrue();
      Thread closing = new Thread(port::close);
      int number = port.port();
      closing.start();
      await().atMost(MINUTE).until(() -> refuses(number));
      Objects.requireNonNull(later.get()).run();

      assertThat(answer(socket)).startsWith("HTTP/1.1 200 ").endsWith("late\n");
      closing.join();
    }
  }

  private static boolean refuses(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return !socket.isConnected();
    } catch (IOException e) {
      return true;
    }
  }

  private static HttpPort start(HttpPort.Patience patience, Route... routes) {
    return HttpPort.start("127.0.0.1", 0, HttpSecurity.NONE, patience, List.of(routes));
  }

  private static Socket connect(HttpPort port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port.port());
    socket.setSoTimeout(60_000);
    return socket;
  }

  /** Headers and a body that is one line. */
  private static String answer(Socket socket) throws IOException {
    socket.setSoTimeout(60_000);
    StringBuilder answer = new StringBuilder();
    while (!answer.toString().matches("(?s).*\r\n\r\n.*\n")) {
      byte[] more = new byte[4096];
      int read = socket.getInputStream().read(more);
      if (read < 0) {
        throw new IOException("closed after " + answer);
      }
      answer.append(new String(more, 0, read, ISO_8859_1));
    }
    return answer.toString();
  }

  private static String get(URI uri) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(uri).timeout(MINUTE).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  /** A byte now and then, so that the connection never is idle. */
  private static boolean isCutOffAfterAnotherByte(Socket socket) {
    try {
      socket.getOutputStream().write('x');
      socket.setSoTimeout(1);
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** Answers when the whole body is there. */
  private static final class ReadsAll extends Handler.Abstract.NonBlocking {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      Content.Source.consumeAll(
          request,
          Callback.from(
              () -> Answer.text(200, "all\n").send(response, callback), callback::failed));
      return true;
    }
  }
}
