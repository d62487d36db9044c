package io.streamgrad.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.compression.gzip.GzipCompression;
import org.eclipse.jetty.compression.server.CompressionConfig;
import org.eclipse.jetty.compression.server.CompressionHandler;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.pathmap.PathSpecGroup;
import org.eclipse.jetty.http.pathmap.ServletPathSpec;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.server.handler.PathMappingsHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.KeyStoreScanner;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port of the service's with HTTP, which answers by its {@link Route}s. A service has two: one
 * with everything, and one with nothing but its health, whose threads and limits are its own.
 * However many clients come to the first, a kubelet or a load balancer gets its answer from the
 * second.
 *
 * <p>Of each port: so many connections at most, and the next ones wait until one of them is closed;
 * a connection is kept for as many requests as its client has, and closed when its time is up,
 * whether its client is silent, slow, or waits for its turn. Where connections are short, a silent
 * one is closed sooner.
 *
 * <p><em>Threading.</em> Handlers are called on the port's threads. All threads are daemons: the
 * port keeps no process alive.
 */
public final class HttpPort implements AutoCloseable {
  /** A request lasts at most as long as a scraper usually waits for its answer. */
  static final Patience PATIENCE =
      new Patience(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(5));

  private static final Duration SILENCE_WHERE_SHORT = Duration.ofSeconds(2);
  private static final int HEADER_BYTES = 16 * 1024; // the request's line and headers
  private static final int LEAST_TO_COMPRESS = 1024;
  private static final int THREADS = 6; // one accepts, one selects, the others answer
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(HttpPort.class);

  /**
   * How long a port bears with what it waits for.
   *
   * @param request from the begin of a connection to its first request, and from a request to the
   *     end of its answer
   * @param silence between a request's bytes, and from an answer to the next request
   * @param keystoreCheck how often the keystore's file is looked at, in whole seconds
   */
  record Patience(Duration request, Duration silence, Duration keystoreCheck) {}

  /** Which port it is: what its threads and its setting are called, and its connections. */
  private enum Kind {
    MAIN("streamgrad-http", "http.port", 200),
    HEALTH("streamgrad-health", "http.health-port", 50);

    private final String threads;
    private final String key;
    private final int connections;

    Kind(String threads, String key, int connections) {
      this.threads = threads;
      this.key = key;
      this.connections = connections;
    }
  }

  private final Kind kind;
  private final Server server;
  private final ServerConnector connector;
  private final String scheme;

  private HttpPort(
      Kind kind,
      String host,
      int port,
      HttpSecurity security,
      Patience patience,
      List<Route> routes) {
    this.kind = kind;
    if (new InetSocketAddress(host, port).isUnresolved()) {
      throw new UncheckedIOException(
          new IOException("http.host: " + host + " is no name or address of this machine"));
    }
    server =
        new Server(
            threads(kind), new ScheduledExecutorScheduler(kind.threads + "-timer", true), null);
    HttpConnectionFactory http = new HttpConnectionFactory(http());
    SslContextFactory.Server tls = security.tls();
    connector =
        tls == null
            ? new ServerConnector(server, 1, 1, http)
            : new ServerConnector(
                server, 1, 1, new SslConnectionFactory(tls, http.getProtocol()), http);
    scheme = tls == null ? "http" : "https";
    connector.setHost(host);
    connector.setPort(port);
    connector.setIdleTimeout(patience.silence().toMillis());
    server.addConnector(connector);
    NetworkConnectionLimit limit = new NetworkConnectionLimit(kind.connections, connector);
    limit.setEndPointIdleTimeout(SILENCE_WHERE_SHORT.toMillis());
    server.addBean(limit);
    if (tls != null) {
      KeyStoreScanner renewals = new KeyStoreScanner(tls);
      renewals.setScanInterval(Math.toIntExact(patience.keystoreCheck().toSeconds()));
      server.addBean(renewals);
    }
    ConnectionDeadlines deadlines =
        new ConnectionDeadlines(
            server.getScheduler(),
            patience.request(),
            patience.silence(),
            handler(security, routes));
    connector.addBean(deadlines, false); // it is started with the server's handlers
    server.setHandler(new GracefulHandler(deadlines));
    server.setErrorHandler(HttpPort::refuse);
    server.setStopTimeout(LAST_ANSWERS.toMillis());
  }

  /**
   * Binds the address and answers from now on, until closed.
   *
   * @param host the address to bind: 0.0.0.0 for all
   * @param port the port; 0 for any that is free
   * @param security who may ask for what is not open
   * @throws UncheckedIOException naming host and port, when the address can't be bound
   */
  public static HttpPort start(String host, int port, HttpSecurity security, List<Route> routes) {
    return start(host, port, security, PATIENCE, routes);
  }

  /** As above, for tests that have less patience. */
  static HttpPort start(
      String host, int port, HttpSecurity security, Patience patience, List<Route> routes) {
    return new HttpPort(Kind.MAIN, host, port, security, patience, routes).started();
  }

  /**
   * As {@link #start}, but the port for probes, which answers everybody and in the open.
   *
   * @throws UncheckedIOException naming host and port, when the address can't be bound
   */
  public static HttpPort startHealth(String host, int port, List<Route> routes) {
    return new HttpPort(Kind.HEALTH, host, port, HttpSecurity.NONE, PATIENCE, routes).started();
  }

  /** The port it listens on. */
  public int port() {
    return connector.getLocalPort();
  }

  /** Where this machine finds the index page; the loopback address if bound to all addresses. */
  public URI uri() {
    InetAddress bound = new InetSocketAddress(connector.getHost(), 0).getAddress();
    InetAddress reachable = bound.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bound;
    String host = reachable.getHostAddress();
    return URI.create(
        "%s://%s:%d/".formatted(scheme, host.contains(":") ? "[" + host + "]" : host, port()));
  }

  /** Stops listening at once; answers under way have a second to leave. */
  @Override
  public void close() {
    try {
      server.stop();
    } catch (TimeoutException e) {
      LOG.debug("Connections were cut off", e);
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP server can't stop", e);
    }
  }

  private HttpPort started() {
    try {
      server.start();
      return this;
    } catch (Exception e) {
      close();
      throw new UncheckedIOException(
          new IOException(
              "%s: can't listen on %s:%d (choose another with -c %s=PORT; 0 is any free one)"
                  .formatted(kind.key, connector.getHost(), connector.getPort(), kind.key),
              e.getCause() == null ? e : e.getCause()));
    }
  }

  /** Whatever has no route is guarded, too: who has no token learns nothing of what there is. */
  private static Handler handler(HttpSecurity security, List<Route> routes) {
    PathMappingsHandler paths = new PathMappingsHandler.NoContext();
    paths.addMapping(
        new ServletPathSpec("/"),
        new PlainPathHandler(
            new TokenHandler(
                security,
                new Handler.Abstract.NonBlocking() {
                  @Override
                  public boolean handle(Request request, Response response, Callback callback) {
                    return false; // which is a 404
                  }
                },
                TokenHandler::inPlainText)));
    for (Route route : routes) {
      Handler handler =
          route.isOpen()
              ? route.handler()
              : new TokenHandler(security, route.handler(), route.unauthorized());
      boolean hasNames = route.path().getGroup() == PathSpecGroup.PREFIX_GLOB;
      paths.addMapping(route.path(), hasNames ? handler : new PlainPathHandler(handler));
    }
    GzipCompression gzip = new GzipCompression();
    gzip.setMinCompressSize(LEAST_TO_COMPRESS);
    CompressionHandler compression = new CompressionHandler(paths);
    compression.putCompression(gzip);
    // What a body takes is known by its length, and so bodies stay as they are sent.
    compression.putConfiguration(
        "/", CompressionConfig.builder().defaults().decompressExcludeEncoding("gzip").build());
    return compression;
  }

  /** Answers a request that is malformed or that the server refuses: the status, in words. */
  private static boolean refuse(Request request, Response response, Callback callback) {
    String reason = HttpStatus.getMessage(response.getStatus()).toLowerCase(Locale.ROOT) + "\n";
    Answer.text(response.getStatus(), reason).send(response, callback);
    return true;
  }

  private static QueuedThreadPool threads(Kind kind) {
    QueuedThreadPool threads = new QueuedThreadPool(THREADS);
    threads.setName(kind.threads + "-");
    threads.setDaemon(true);
    threads.setReservedThreads(0);
    return threads;
  }

  private static HttpConfiguration http() {
    HttpConfiguration http = new HttpConfiguration();
    http.setRequestHeaderSize(HEADER_BYTES);
    http.setSendServerVersion(false);
    http.setUriCompliance(PlainPathHandler.COMPLIANCE);
    return http;
  }
}
