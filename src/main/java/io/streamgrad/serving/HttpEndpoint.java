package io.streamgrad.serving;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service's HTTP endpoint, for Prometheus and for a supervisor:
 *
 * <pre>
 *   /metrics   all meters, in Prometheus' text format
 *   /livez     200 when the process works, else 503 and the reason: restart it
 *   /readyz    200 when models are learning here, else 503 and the reason: wait for it
 *   /          this list
 * </pre>
 *
 * GET and HEAD only. The suppliers are called on the endpoint's threads, several at a time, and
 * must be quick. One that throws gives its client a bare 500; the log has the rest. All threads are
 * daemons: the endpoint keeps no process alive.
 */
public final class HttpEndpoint implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpEndpoint.class);
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final int THREADS = 4;

  static {
    // The JDK's server reads a request, and writes a response, on a pool thread, and by default
    // waits for a slow client for ever: four of them would stop the health checks. In seconds; read
    // once, when the server's classes load, which nothing else in this process makes them do.
    limit("sun.net.httpserver.maxReqTime", 5);
    limit("sun.net.httpserver.maxRspTime", 30);
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final Map<String, Supplier<Response>> pages; // by path

  private HttpEndpoint(HttpServer server, Map<String, Supplier<Response>> pages) {
    this.server = server;
    this.pages = pages;
    this.threads = Executors.newFixedThreadPool(THREADS, daemons());
  }

  /**
   * Binds the address and answers from now on, until closed.
   *
   * @param host the address to bind: 0.0.0.0 for all
   * @param port the port; 0 for any that is free
   * @param metrics the text of /metrics
   * @throws UncheckedIOException naming host and port, when the address can't be bound
   */
  public static HttpEndpoint start(
      String host,
      int port,
      Supplier<String> metrics,
      Supplier<Health> live,
      Supplier<Health> ready) {
    Map<String, Supplier<Response>> pages =
        Map.of(
            "/", () -> new Response(200, TEXT, "Streamgrad\n\n/metrics\n/livez\n/readyz\n"),
            "/metrics", () -> new Response(200, PROMETHEUS, metrics.get()),
            "/livez", () -> Response.of(live.get()),
            "/readyz", () -> Response.of(ready.get()));
    HttpEndpoint endpoint = new HttpEndpoint(bind(host, port), pages);
    endpoint.start();
    return endpoint;
  }

  /** The port it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** Where this machine finds the index page; the loopback address if bound to all addresses. */
  public URI uri() {
    InetAddress bound = server.getAddress().getAddress();
    InetAddress reachable = bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound;
    String host = reachable.getHostAddress();
    return URI.create(
        "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port() + "/");
  }

  /** Stops listening at once; requests under way are cut off. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static HttpServer bind(String host, int port) {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UncheckedIOException(
          new IOException("HTTP can't listen on " + host + ":" + port + ": unknown host"));
    }
    try {
      return HttpServer.create(address, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(
          new IOException("HTTP can't listen on " + host + ":" + port + ": " + e.getMessage(), e));
    }
  }

  private void start() {
    server.setExecutor(threads);
    // One context: the server's own would match by prefix, and /metricsandmore were /metrics.
    server.createContext("/", this::answer);
    // The server's dispatcher thread is a daemon if the thread that starts it is one.
    CompletableFuture.runAsync(server::start, threads).join();
  }

  private void answer(HttpExchange exchange) {
    try (exchange) {
      send(exchange, respond(exchange));
    } catch (IOException e) {
      log.debug("A client left before its answer", e);
    }
  }

  private Response respond(HttpExchange exchange) {
    String path = exchange.getRequestURI().getPath();
    Supplier<Response> page = path == null ? null : pages.get(path);
    if (page == null) {
      return new Response(404, TEXT, "not found\n");
    }
    String method = exchange.getRequestMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      exchange.getResponseHeaders().set("Allow", "GET, HEAD");
      return new Response(405, TEXT, "method not allowed\n");
    }
    try {
      return page.get();
    } catch (RuntimeException e) {
      log.error("Can't answer {} {}", method, path, e);
      return new Response(500, TEXT, "internal error\n");
    }
  }

  private static void send(HttpExchange exchange, Response response) throws IOException {
    byte[] body = response.body().getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", response.contentType());
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    if (exchange.getRequestMethod().equals("HEAD")) {
      // -1 is "no body"; the length a GET would have is told by hand.
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
      exchange.sendResponseHeaders(response.status(), -1);
      return;
    }
    exchange.sendResponseHeaders(response.status(), body.length == 0 ? -1 : body.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(body);
    }
  }

  private static void limit(String property, int seconds) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(seconds));
    }
  }

  private static ThreadFactory daemons() {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "streamgrad-http-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  private record Response(int status, String contentType, String body) {
    static Response of(Health health) {
      // One line, whatever an exception's message may hold.
      String reason = health.reason().lines().findFirst().orElse("");
      return new Response(health.ok() ? 200 : 503, TEXT, reason + "\n");
    }
  }
}
