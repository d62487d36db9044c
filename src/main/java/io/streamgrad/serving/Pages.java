package io.streamgrad.serving;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is answered to whom:
 *
 * <pre>
 *   /metrics   all meters, in Prometheus' text format; gzip for a client that takes it
 *   /livez     200 when the process works, else 503 and the reason: restart it
 *   /readyz    200 when models are learning here, else 503 and the reason: wait for it
 *   /          this list
 * </pre>
 *
 * GET and HEAD only. Where a bearer token is asked for, /livez and /readyz answer without it: what
 * asks for them, a kubelet or a load balancer, has no place to keep a secret, and they tell no more
 * than the state of the stream. A supplier that throws gives its client a bare 500; the log has the
 * rest.
 *
 * <p>Thread-safe.
 */
final class Pages extends Handler.Abstract {
  private static final Logger LOG = LoggerFactory.getLogger(Pages.class);
  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final Set<String> OPEN = Set.of("/livez", "/readyz");

  private final HttpSecurity security;
  private final Map<String, PageSource> pages; // by path

  private Pages(HttpSecurity security, Map<String, PageSource> pages) {
    this.security = security;
    this.pages = pages;
  }

  /** Everything. */
  static Pages all(
      HttpSecurity security, MetricsText metrics, Supplier<Health> live, Supplier<Health> ready) {
    return new Pages(
        security,
        Map.of(
            "/",
            (request, response) -> new Page(200, TEXT, "Streamgrad\n\n/metrics\n/livez\n/readyz\n"),
            "/metrics",
            (request, response) -> metrics(metrics, request, response),
            "/livez",
            (request, response) -> Page.of(live.get()),
            "/readyz",
            (request, response) -> Page.of(ready.get())));
  }

  /** The two checks, for everybody. */
  static Pages health(Supplier<Health> live, Supplier<Health> ready) {
    return new Pages(
        HttpSecurity.NONE,
        Map.of(
            "/livez",
            (request, response) -> Page.of(live.get()),
            "/readyz",
            (request, response) -> Page.of(ready.get())));
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    // As it was sent: a path that names a page only once it is decoded names none.
    send(response, page(request.getHttpURI().getPath(), request, response), callback);
    return true;
  }

  /** Answers a request that is malformed or that the server refuses: the status, in words. */
  static boolean refuse(Request request, Response response, Callback callback) {
    String reason = HttpStatus.getMessage(response.getStatus()).toLowerCase(Locale.ROOT) + "\n";
    send(response, new Page(response.getStatus(), TEXT, reason), callback);
    return true;
  }

  private Page page(String path, Request request, Response response) {
    if (!OPEN.contains(path)
        && !security.admits(request.getHeaders().get(HttpHeader.AUTHORIZATION))) {
      response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
      return new Page(401, TEXT, "unauthorized\n");
    }
    PageSource page = pages.get(path);
    if (page == null) {
      return new Page(404, TEXT, "not found\n");
    }
    String method = request.getMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
      return new Page(405, TEXT, "method not allowed\n");
    }
    try {
      return page.answer(request, response);
    } catch (IOException | RuntimeException e) {
      LOG.error("Can't answer {} {}", method, path, e);
      return new Page(500, TEXT, "internal error\n");
    }
  }

  /**
   * The meters, compressed while they are written where the client takes that. All of it is made
   * before any of it is sent: a client that reads slowly keeps bytes, and no thread.
   */
  private static Page metrics(MetricsText text, Request request, Response response)
      throws IOException {
    boolean gzip = request.getHeaders().getQualityCSV(HttpHeader.ACCEPT_ENCODING).contains("gzip");
    Memory memory = new Memory();
    try (OutputStream out = gzip ? new GZIPOutputStream(memory) : memory) {
      text.writeTo(out);
    }
    response.getHeaders().put(HttpHeader.VARY, "Accept-Encoding");
    if (gzip) {
      response.getHeaders().put(HttpHeader.CONTENT_ENCODING, "gzip");
    }
    return new Page(200, PROMETHEUS, memory.content());
  }

  /** The server leaves the body out where HEAD asks for it. */
  private static void send(Response response, Page page, Callback callback) {
    response.setStatus(page.status());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, page.contentType());
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, page.body().remaining());
    response.write(true, page.body(), callback);
  }

  /** Makes a page for each request. */
  private interface PageSource {
    Page answer(Request request, Response response) throws IOException;
  }

  private record Page(int status, String contentType, ByteBuffer body) {
    Page(int status, String contentType, String body) {
      this(status, contentType, ByteBuffer.wrap(body.getBytes(UTF_8)));
    }

    static Page of(Health health) {
      // One line, whatever an exception's message may hold.
      String reason = health.reason().lines().findFirst().orElse("");
      return new Page(health.ok() ? 200 : 503, TEXT, reason + "\n");
    }
  }

  /** What was written, without a copy of it. */
  private static final class Memory extends ByteArrayOutputStream {
    ByteBuffer content() {
      return ByteBuffer.wrap(buf, 0, count);
    }
  }
}
