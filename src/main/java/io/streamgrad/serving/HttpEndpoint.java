package io.streamgrad.serving;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.ssl.KeyStoreScanner;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port of the service's with HTTP, for Prometheus and for a supervisor; {@link Pages} has what it
 * answers. A service has two: one with everything, and one with nothing but its health, whose
 * threads and limits are its own. However many clients come to the first, a kubelet or a load
 * balancer gets its answer from the second.
 *
 * <p>Of each port: so many connections at most, and the next ones wait until one of them is closed;
 * one request for each; and a connection is closed when its time is up, whether its client is
 * silent, slow, or waits for its turn.
 *
 * <p><em>Threading.</em> The suppliers and the metrics' text are called on the endpoint's threads,
 * several at a time, and must be quick. All threads are daemons: the endpoint keeps no process
 * alive.
 */
public final class HttpEndpoint implements AutoCloseable {
  /** The longest connection lasts as long as a scraper usually waits for its answer. */
  static final Patience PATIENCE = new Patience(Duration.ofSeconds(10), Duration.ofSeconds(5));

  private static final int CONNECTIONS = 200;
  private static final int HEALTH_CONNECTIONS = 50;
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(5);
  private static final int REQUEST_BYTES = 16 * 1024; // the request's line and headers
  private static final int THREADS = 6; // one accepts, one selects, the others answer
  private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(HttpEndpoint.class);

  /**
   * How long a port bears with what it waits for.
   *
   * @param connection the life of a connection, at most
   * @param keystoreCheck how often the keystore's file is looked at, in whole seconds
   */
  record Patience(Duration connection, Duration keystoreCheck) {}

  private final String portKey;
  private final Server server;
  private final ServerConnector connector;
  private final String scheme;

  private HttpEndpoint(
      String name,
      String portKey,
      String host,
      int port,
      int connections,
      HttpSecurity security,
      Patience patience,
      Pages pages) {
    this.portKey = portKey;
    if (new InetSocketAddress(host, port).isUnresolved()) {
      throw new UncheckedIOException(
          new IOException("http.host: " + host + " is no name or address of this machine"));
    }
    server = new Server(threads(name), new ScheduledExecutorScheduler(name + "-timer", true), null);
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
    connector.setIdleTimeout(LONGEST_SILENCE.toMillis());
    connector.addBean(new ConnectionLifetime(connector.getScheduler(), patience.connection()));
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(connections, connector));
    if (tls != null) {
      KeyStoreScanner renewals = new KeyStoreScanner(tls);
      renewals.setScanInterval(Math.toIntExact(patience.keystoreCheck().toSeconds()));
      server.addBean(renewals);
    }
    server.setHandler(new GracefulHandler(pages));
    server.setErrorHandler(Pages::refuse);
    server.setStopTimeout(LAST_ANSWERS.toMillis());
  }

  /**
   * Binds the address and answers with everything from now on, until closed.
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
      MetricsText metrics,
      Supplier<Health> live,
      Supplier<Health> ready) {
    return start(host, port, security, PATIENCE, metrics, live, ready);
  }

  /** As above, for tests that have less patience. */
  static HttpEndpoint start(
      String host,
      int port,
      HttpSecurity security,
      Patience patience,
      MetricsText metrics,
      Supplier<Health> live,
      Supplier<Health> ready) {
    Pages pages = Pages.all(security, metrics, live, ready);
    return new HttpEndpoint(
            "streamgrad-http", "http.port", host, port, CONNECTIONS, security, patience, pages)
        .started();
  }

  /**
   * As {@link #start}, but answers with /livez and /readyz only, to everybody and in the open.
   *
   * @throws UncheckedIOException naming host and port, when the address can't be bound
   */
  public static HttpEndpoint startHealth(
      String host, int port, Supplier<Health> live, Supplier<Health> ready) {
    return new HttpEndpoint(
            "streamgrad-health",
            "http.health-port",
            host,
            port,
            HEALTH_CONNECTIONS,
            HttpSecurity.NONE,
            PATIENCE,
            Pages.health(live, ready))
        .started();
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

  private HttpEndpoint started() {
    try {
      server.start();
      return this;
    } catch (Exception e) {
      close();
      throw new UncheckedIOException(
          new IOException(
              "%s: can't listen on %s:%d (choose another with -c %s=PORT; 0 is any free one)"
                  .formatted(portKey, connector.getHost(), connector.getPort(), portKey),
              e.getCause() == null ? e : e.getCause()));
    }
  }

  private static QueuedThreadPool threads(String name) {
    QueuedThreadPool threads = new QueuedThreadPool(THREADS);
    threads.setName(name + "-");
    threads.setDaemon(true);
    threads.setReservedThreads(0);
    return threads;
  }

  private static HttpConfiguration http() {
    HttpConfiguration http = new HttpConfiguration();
    http.setRequestHeaderSize(REQUEST_BYTES);
    http.setPersistentConnectionsEnabled(false);
    http.setSendServerVersion(false);
    return http;
  }
}
