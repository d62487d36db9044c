package io.streamgrad.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
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

  private static void infer(URI service, String model) {
    HttpClient http = HttpClient.newHttpClient();
    HttpRequest request =
        HttpRequest.newBuilder(service.resolve("v2/models/" + model + "/infer"))
            .POST(BodyPublishers.ofString(body()))
            .build();
    long start = System.nanoTime();
    for (long n = 1; ; n++) {
      send(http, request);
      long next = start + n * CONNECTIONS * 1_000_000_000L / PER_SECOND;
      LockSupport.parkNanos(next - System.nanoTime());
    }
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

  /**
   * Before there is a model, and when the service stops, it is answered otherwise, or by nobody.
   */
  private static void send(HttpClient http, HttpRequest request) {
    try {
      http.send(request, BodyHandlers.discarding());
    } catch (IOException e) {
      LockSupport.parkNanos(200_000_000);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
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
