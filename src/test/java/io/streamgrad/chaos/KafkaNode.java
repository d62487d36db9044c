package io.streamgrad.chaos;

import io.streamgrad.Running;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.metadata.storage.Formatter;

/** One node of a Kafka cluster: broker and controller, in a process of its own. */
final class KafkaNode implements AutoCloseable {
  private static final String HOST = "127.0.0.1";

  private final Path directory;
  private final int id;
  private final int port = Ports.free();
  private final int controllerPort = Ports.free();
  private Running process;

  @SuppressWarnings("NullAway.Init") // started with the others, whose ports it must know
  KafkaNode(Path directory, int id) {
    this.directory = directory;
    this.id = id;
  }

  int id() {
    return id;
  }

  /** Where clients connect. */
  String address() {
    return HOST + ":" + port;
  }

  /** Where clients reach it as a controller. */
  String controllerAddress() {
    return HOST + ":" + controllerPort;
  }

  Running process() {
    return process;
  }

  /** Writes its settings and the first metadata; once, before the first start. */
  void format(String cluster, List<KafkaNode> nodes) throws Exception {
    Path data = directory.resolve("kafka-" + id);
    try (Writer out = Files.newBufferedWriter(settings())) {
      properties(data, nodes).store(out, null);
    }
    try (PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      new Formatter()
          .setPrintStream(nowhere)
          .setNodeId(id)
          .setClusterId(cluster)
          .setControllerListenerName("CONTROLLER")
          .setDirectories(Set.of(data.toString()))
          .setMetadataLogDirectory(data.toString())
          .run();
    }
  }

  /** Starts it while it does not run; returns before it serves requests. */
  void start() throws IOException {
    process =
        Running.program(
            directory,
            List.of("-Xmx384m", "-XX:TieredStopAtLevel=1"),
            "kafka.Kafka",
            List.of(settings().toString()));
  }

  private Path settings() {
    return directory.resolve("kafka-" + id + ".properties");
  }

  private Properties properties(Path data, List<KafkaNode> nodes) {
    String replicas = Integer.toString(nodes.size());
    String inSync = Integer.toString(nodes.size() - 1);
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            "process.roles",
            "broker,controller",
            "node.id",
            Integer.toString(id),
            "log.dirs",
            data.toString(),
            "listeners",
            "BROKER://%s,CONTROLLER://%s".formatted(address(), controllerAddress()),
            "listener.security.protocol.map",
            "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name",
            "BROKER",
            "controller.listener.names",
            "CONTROLLER",
            "controller.quorum.voters",
            nodes.stream()
                .map(node -> node.id + "@" + node.controllerAddress())
                .collect(Collectors.joining(","))));
    properties.putAll(
        Map.of(
            "default.replication.factor", replicas,
            "min.insync.replicas", inSync,
            "offsets.topic.replication.factor", replicas,
            "transaction.state.log.replication.factor", replicas,
            "transaction.state.log.min.isr", inSync));
    properties.putAll(
        Map.of(
            // Fewer than the default of 50, which take their time to be made.
            "offsets.topic.num.partitions", "3",
            "transaction.state.log.num.partitions", "3",
            "group.initial.rebalance.delay.ms", "0",
            "auto.create.topics.enable", "false"));
    return properties;
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
  }
}
