package io.streamgrad.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Asks a service until it is killed. Arguments: "infer", which asks for one image at a time, 500
 * times a second over eight connections, or "page", which keeps the page's events open; where the
 * service answers; the model.
 */
public final class Asker {
  private static final int PER_SECOND = 500;
  private static final int CONNECTIONS = 8;
  private static final int PIXELS = 784;
  private static final String LENGTH = "Content-Length:";

  private Asker() {}

  /** Asks. */
  public static void main(String[] args) throws InterruptedException {
    URI service = URI.create(args[1]);
    List<Thread> threads = new ArrayList<>();
    int count = args[0].equals("page") ? 1 : CONNECTIONS;
    for (int i = 0; i < count; i++) {
      Runnable asks =
          args[0].equals("page") ? () -> look(service, args[2]) : () -> infer(service, args[2]);
      Thread thread = new Thread(asks);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /**
   * By a socket alone: it shares the cores with the service, and an HTTP client would take twice as
   * much of them for a request as the service does.
   */
  private static void infer(URI service, String model) {
    String body = body();
    byte[] request =
        "POST /v2/models/%s/infer HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(model, service.getAuthority(), body.length(), body)
            .getBytes(US_ASCII);
    long start = System.nanoTime();
    for (long n = 1; ; ) {
      try (Socket socket = new Socket(service.getHost(), service.getPort())) {
        socket.setTcpNoDelay(true);
        InputStream answers = new BufferedInputStream(socket.getInputStream());
        for (; ; n++) {
          socket.getOutputStream().write(request);
          skipAnswer(answers);
          long next = start + n * CONNECTIONS * 1_000_000_000L / PER_SECOND;
          LockSupport.parkNanos(next - System.nanoTime());
        }
      } catch (IOException e) { // the service has not begun, or has stopped
        LockSupport.parkNanos(200_000_000);
      }
    }
  }

  /**
   * Reads an answer with a length, whatever its status: before there is a model, it is an error.
   */
  private static void skipAnswer(InputStream in) throws IOException {
    int length = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.regionMatches(true, 0, LENGTH, 0, LENGTH.length())) {
        length = Integer.parseInt(line.substring(LENGTH.length()).trim());
      }
    }
    in.skipNBytes(length);
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException();
      }
      line.append((char) next);
    }
    return line.toString().stripTrailing();
  }

  /** One image. */
  static String body() {
    StringJoiner data = new StringJoiner(",", "[", "]");
    for (int i = 0; i < PIXELS; i++) {
      data.add(Integer.toString(i % 3 == 0 ? i % 256 : 0));
    }
    return "{\"inputs\":[{\"name\":\"pixels\",\"datatype\":\"UINT8\",\"shape\":[1,%d],\"data\":%s}]}"
        .formatted(PIXELS, data);
  }

  private static void look(URI service, String model) {
    HttpClient http = HttpClient.newHttpClient();
    HttpRequest request =
        HttpRequest.newBuilder(service.resolve("api/events?model=" + model)).build();
    while (true) {
      try (Stream<String> lines = http.send(request, BodyHandlers.ofLines()).body()) {
        lines.forEach(line -> {});
      } catch (IOException e) {
        LockSupport.parkNanos(100_000_000);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
