package io.streamgrad.embedded;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * A real Kafka broker, and the controller it needs, in this process: one node, no security,
 * reachable from this machine only. Its topics stay in the data directory and are there again after
 * the next start on it.
 *
 * <p>The caller owns it and closes it. A fault that a Kafka server can't survive, such as its data
 * directory being deleted under it, ends the process: this is Kafka's own rule.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private static final String SERVER_CLASS = "kafka.server.KafkaRaftServer";

  private final DirectoryLock lock;
  private final KafkaRaftServer server;
  private final String bootstrapServers;

  private EmbeddedBroker(DirectoryLock lock, KafkaRaftServer server, int port) {
    this.lock = lock;
    this.server = server;
    this.bootstrapServers = LocalPorts.HOST + ":" + port;
  }

  /** As {@link #start(Path, int, Map)}, with the default properties. */
  public static EmbeddedBroker start(Path dataDir, int port) {
    return start(dataDir, port, Map.of());
  }

  /**
   * Starts a broker and returns when it serves requests.
   *
   * @param dataDir created and formatted if it is missing or empty
   * @param port the port to listen on, 0 for a free one
   * @param properties broker properties that win over the defaults, e.g. {@code message.max.bytes}
   * @throws EmbeddedBrokerException if Kafka's server jars are not installed, the port or the
   *     directory is in use, the directory can't be written or holds something else, or Kafka
   *     refuses to start; nothing is left running
   */
  public static EmbeddedBroker start(Path dataDir, int port, Map<String, String> properties) {
    if (!isInstalled()) {
      throw new EmbeddedBrokerException(
          "The embedded broker is not part of this installation (no "
              + SERVER_CLASS
              + "); use a Kafka cluster: streamgrad serve -c kafka.bootstrap.servers=HOST:PORT");
    }
    Path directory = dataDir.toAbsolutePath().normalize();
    DirectoryLock lock = DirectoryLock.acquire(directory);
    try {
      List<Integer> ports = LocalPorts.reserve(port, 0);
      formatOnce(directory);
      KafkaRaftServer server =
          startServer(BrokerProperties.of(directory, ports.get(0), ports.get(1), properties));
      return new EmbeddedBroker(lock, server, ports.get(0));
    } catch (EmbeddedBrokerException e) {
      lock.close();
      throw e;
    } catch (Exception e) {
      lock.close();
      throw new EmbeddedBrokerException(
          "The broker can't start on " + directory + " (--data-dir)", e);
    }
  }

  /** Where clients connect, as {@code host:port}. */
  public String bootstrapServers() {
    return bootstrapServers;
  }

  /**
   * Stops the broker in order and waits for it: its logs are on disk, its port and its directory
   * are free. Closing again does nothing.
   */
  @Override
  public void close() {
    server.shutdown();
    server.awaitShutdown();
    lock.close();
  }

  /** A deployment leaves the server's jars out. */
  private static boolean isInstalled() {
    try {
      Class.forName(SERVER_CLASS, false, EmbeddedBroker.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static KafkaRaftServer startServer(Map<String, String> properties) {
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    try {
      server.startup();
      return server;
    } catch (Throwable e) { // Scala throws checked exceptions undeclared
      server.shutdown();
      server.awaitShutdown();
      throw e;
    }
  }

  /** Writes the cluster id and the first metadata, which a Kafka server does not do by itself. */
  private static void formatOnce(Path directory) throws Exception {
    if (Files.exists(directory.resolve("meta.properties"))) {
      return;
    }
    try (PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setPrintStream(nowhere)
          .setNodeId(BrokerProperties.NODE_ID)
          .setClusterId(Uuid.randomUuid().toString())
          .setControllerListenerName(BrokerProperties.CONTROLLER_LISTENER)
          .setDirectories(Set.of(directory.toString()))
          .setMetadataLogDirectory(directory.toString())
          .run();
    }
  }
}
