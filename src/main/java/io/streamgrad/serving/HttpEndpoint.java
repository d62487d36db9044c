package io.streamgrad.serving;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
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
 * GET and HEAD only. Where a bearer token is asked for, /livez and /readyz answer without it: what
 * asks for them, a kubelet or a load balancer, has no place to keep a secret, and they tell no more
 * than the state of the stream.
 *
 * <p>The suppliers are called on the endpoint's threads, several at a time, and must be quick. One
 * that throws gives its client a bare 500; the log has the rest. All threads are daemons: the
 * endpoint keeps no process alive.
 */
public final class HttpEndpoint implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpEndpoint.class);
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final Set<String> OPEN = Set.of("/livez", "/readyz");

  /** As many connections as threads: slow clients take no thread away from the others. */
  private static final int CONNECTIONS = 200;

  static {
    // The JDK's server reads a request, and writes a response, on a pool thread, and by default
    // waits for a slow client for ever. Read once, when the server's classes load, which nothing
    // else in this process makes them do.
    limit("jdk.httpserver.maxConnections", CONNECTIONS);
    limit("sun.net.httpserver.maxReqTime", 5); // seconds
    limit("sun.net.httpserver.maxRspTime", 30); // seconds
    limit("sun.net.httpserver.maxReqHeaders", 50);
    limit("sun.net.httpserver.maxReqHeaderSize", 16 * 1024); // bytes, the request line too
    limit("sun.net.httpserver.drainAmount", 16 * 1024); // bytes of a body; nobody reads more
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final HttpSecurity security;
  private final Map<String, Supplier<Response>> pages; // by path

  private HttpEndpoint(
      HttpServer server, HttpSecurity security, Map<String, Supplier<Response>> pages) {
    this.server = server;
    this.security = security;
    this.pages = pages;
    this.threads = Executors.newCachedThreadPool(daemons());
  }

  /**
   * Binds the address and answers from now on, until closed.
   *
   * @param host the address to bind: 0.0.0.0 for all
   * @param port the port; 0 for any that is free
   * @param security who may ask for what
   * @param metrics the text of /metrics
   * @throws UncheckedIOException naming host and port, when the address can't be bound
   */
  public static HttpEndpoint start(
      String host,
      int port,
      HttpSecurity security,
      Supplier<String> metrics,
      Supplier<Health> live,
      Supplier<Health> ready) {
    Map<String, Supplier<Response>> pages =
        Map.of(
            "/", () -> new Response(200, TEXT, "Streamgrad\n\n/metrics\n/livez\n/readyz\n"),
            "/metrics", () -> new Response(200, PROMETHEUS, metrics.get()),
            "/livez", () -> Response.of(live.get()),
            "/readyz", () -> Response.of(ready.get()));
    HttpEndpoint endpoint = new HttpEndpoint(bind(host, port, security.tls()), security, pages);
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
        (security.tls() == null ? "http://" : "https://")
            + (host.contains(":") ? "[" + host + "]" : host)
            + ":"
            + port()
            + "/");
  }

  /** Stops listening at once; requests under way are cut off. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static HttpServer bind(String host, int port, @Nullable SSLContext tls) {
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UncheckedIOException(
          new IOException("HTTP can't listen on " + host + ":" + port + ": unknown host"));
    }
    try {
      if (tls == null) {
        return HttpServer.create(address, 0);
      }
      HttpsServer server = HttpsServer.create(address, 0);
      server.setHttpsConfigurator(new HttpsConfigurator(tls));
      return server;
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
    if (!(path != null && OPEN.contains(path))
        && !security.admits(exchange.getRequestHeaders().getFirst("Authorization"))) {
      exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
      return new Response(401, TEXT, "unauthorized\n");
    }
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

  private static void limit(String property, int value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(value));
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
