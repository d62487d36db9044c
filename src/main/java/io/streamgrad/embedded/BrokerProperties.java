package io.streamgrad.embedded;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The settings of a Kafka node that is a whole cluster, broker and controller, by itself. */
final class BrokerProperties {
  static final int NODE_ID = 1;
  static final String CONTROLLER_LISTENER = "CONTROLLER";

  private BrokerProperties() {}

  /**
   * The node's settings, reachable from this machine only.
   *
   * @param extra broker properties that win over the defaults
   */
  static Map<String, String> of(
      Path dataDir, int brokerPort, int controllerPort, Map<String, String> extra) {
    Map<String, String> properties = new HashMap<>();
    properties.putAll(identity(dataDir, brokerPort, controllerPort));
    properties.putAll(oneReplica());
    properties.putAll(quickStart());
    properties.putAll(retention());
    properties.putAll(extra);
    return properties;
  }

  private static Map<String, String> identity(Path dataDir, int brokerPort, int controllerPort) {
    String broker = LocalPorts.HOST + ":" + brokerPort;
    String controller = LocalPorts.HOST + ":" + controllerPort;
    return Map.of(
        "process.roles",
        "broker,controller",
        "node.id",
        Integer.toString(NODE_ID),
        "log.dirs",
        dataDir.toString(),
        "listeners",
        "BROKER://" + broker + "," + CONTROLLER_LISTENER + "://" + controller,
        "listener.security.protocol.map",
        "BROKER:PLAINTEXT," + CONTROLLER_LISTENER + ":PLAINTEXT",
        "inter.broker.listener.name",
        "BROKER",
        "controller.listener.names",
        CONTROLLER_LISTENER,
        // Static voters, because the controller's port may be another one at every start.
        "controller.quorum.voters",
        NODE_ID + "@" + controller);
  }

  private static Map<String, String> oneReplica() {
    return Map.of(
        "default.replication.factor", "1",
        "min.insync.replicas", "1",
        "offsets.topic.replication.factor", "1",
        "transaction.state.log.replication.factor", "1",
        "transaction.state.log.min.isr", "1",
        "share.coordinator.state.topic.replication.factor", "1",
        "share.coordinator.state.topic.min.isr", "1");
  }

  private static Map<String, String> quickStart() {
    return Map.of(
        "offsets.topic.num.partitions", "1",
        "transaction.state.log.num.partitions", "1",
        "share.coordinator.state.topic.num.partitions", "1",
        "group.initial.rebalance.delay.ms", "0",
        // A node alone elects itself; the default of one second is politeness towards others.
        "controller.quorum.election.timeout.ms", "100",
        "controller.quorum.fetch.timeout.ms", "1000",
        // A misspelt topic name should be an error and not a new topic.
        "auto.create.topics.enable", "false");
  }

  private static Map<String, String> retention() {
    return Map.of(
        // The input log is what a model can be rebuilt from.
        "log.retention.ms", "-1",
        "log.retention.bytes", "-1",
        // A consumer that is away for long continues where it was.
        "offsets.retention.minutes", Integer.toString(365 * 24 * 60));
  }
}
