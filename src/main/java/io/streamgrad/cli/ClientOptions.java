package io.streamgrad.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command's producer or consumer reaches Kafka. */
final class ClientOptions {
  private static final String DEFAULT_SERVER = "localhost:9092";

  @Option(
      names = "--bootstrap-server",
      paramLabel = "HOST:PORT",
      description =
          "Kafka brokers to connect to (default: bootstrap.servers of --command-config, or "
              + DEFAULT_SERVER
              + ").")
  private @Nullable String bootstrapServer;

  @Option(
      names = "--command-config",
      paramLabel = "FILE",
      description =
          "Properties of the Kafka client, e.g. for TLS and SASL; the other options win over it.")
  private @Nullable Path file;

  @Option(names = "-X", paramLabel = "KEY=VALUE", description = "One property of the Kafka client.")
  private Map<String, String> properties = new LinkedHashMap<>();

  /** The client's properties: defaults, then the file, then the other options. */
  Map<String, Object> properties() {
    Map<String, Object> all = new HashMap<>();
    all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, DEFAULT_SERVER);
    if (file != null) {
      Properties read = new Properties();
      try (InputStream in = Files.newInputStream(file)) {
        read.load(in);
      } catch (IOException e) {
        throw new UncheckedIOException("--command-config " + file + " can't be read", e);
      }
      read.stringPropertyNames().forEach(name -> all.put(name, read.getProperty(name)));
    }
    if (bootstrapServer != null) {
      all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServer);
    }
    all.putAll(properties);
    return all;
  }

  /**
   * The client's properties, once a broker has answered.
   *
   * @throws KafkaException if none does
   */
  Map<String, Object> ofAnsweringBroker() throws InterruptedException {
    Map<String, Object> all = properties();
    Brokers.requireOne(all, "--bootstrap-server");
    return all;
  }
}
