package io.streamgrad.serving;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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
  private static final String METRICS = "/metrics";
  private static final Set<String> OPEN = Set.of("/livez", "/readyz");

  private final HttpSecurity security;
  private final Map<String, Supplier<Page>> pages; // by path

  private Pages(HttpSecurity security, Map<String, Supplier<Page>> pages) {
    this.security = security;
    this.pages = pages;
  }

  /** Everything. */
  static Pages all(
      HttpSecurity security,
      Supplier<String> metrics,
      Supplier<Health> live,
      Supplier<Health> ready) {
    return new Pages(
        security,
        Map.of(
            "/",
            () -> new Page(200, TEXT, "Streamgrad\n\n/metrics\n/livez\n/readyz\n"),
            METRICS,
            () -> new Page(200, PROMETHEUS, metrics.get()),
            "/livez",
            () -> Page.of(live.get()),
            "/readyz",
            () -> Page.of(ready.get())));
  }

  /** The two checks, for everybody. */
  static Pages health(Supplier<Health> live, Supplier<Health> ready) {
    return new Pages(
        HttpSecurity.NONE,
        Map.of("/livez", () -> Page.of(live.get()), "/readyz", () -> Page.of(ready.get())));
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    // As it was sent: a path that names a page only once it is decoded names none.
    String path = request.getHttpURI().getPath();
    Page page = page(path, request, response);
    byte[] body = page.body().getBytes(UTF_8);
    if (METRICS.equals(path) && page.status() == 200) {
      response.getHeaders().put(HttpHeader.VARY, "Accept-Encoding");
      if (request.getHeaders().getQualityCSV(HttpHeader.ACCEPT_ENCODING).contains("gzip")) {
        response.getHeaders().put(HttpHeader.CONTENT_ENCODING, "gzip");
        body = gzip(body);
      }
    }
    send(response, page.status(), page.contentType(), body, callback);
    return true;
  }

  /** Answers a request that is malformed or that the server refuses: the status, in words. */
  static boolean refuse(Request request, Response response, Callback callback) {
    String reason = HttpStatus.getMessage(response.getStatus()).toLowerCase(Locale.ROOT) + "\n";
    send(response, response.getStatus(), TEXT, reason.getBytes(UTF_8), callback);
    return true;
  }

  private Page page(String path, Request request, Response response) {
    if (!OPEN.contains(path)
        && !security.admits(request.getHeaders().get(HttpHeader.AUTHORIZATION))) {
      response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, "Bearer");
      return new Page(401, TEXT, "unauthorized\n");
    }
    Supplier<Page> page = pages.get(path);
    if (page == null) {
      return new Page(404, TEXT, "not found\n");
    }
    String method = request.getMethod();
    if (!method.equals("GET") && !method.equals("HEAD")) {
      response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
      return new Page(405, TEXT, "method not allowed\n");
    }
    try {
      return page.get();
    } catch (RuntimeException e) {
      LOG.error("Can't answer {} {}", method, path, e);
      return new Page(500, TEXT, "internal error\n");
    }
  }

  /** The server leaves the body out where HEAD asks for it. */
  private static void send(
      Response response, int status, String contentType, byte[] body, Callback callback) {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    response.write(true, ByteBuffer.wrap(body), callback);
  }

  private static byte[] gzip(byte[] body) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream(body.length / 4);
    try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
      out.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException("memory can be written", e);
    }
    return compressed.toByteArray();
  }

  private record Page(int status, String contentType, String body) {
    static Page of(Health health) {
      // One line, whatever an exception's message may hold.
      String reason = health.reason().lines().findFirst().orElse("");
      return new Page(health.ok() ? 200 : 503, TEXT, reason + "\n");
    }
  }
}
