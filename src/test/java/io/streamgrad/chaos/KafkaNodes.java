package io.streamgrad.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of Kafka nodes that each are broker and controller. Every topic has a replica on each
 * of them, and all but one must have a record before it counts as written.
 */
final class KafkaNodes implements AutoCloseable {
  // Brokers that wait for a frozen one do so for 30 s.
  static final Duration PATIENCE = Duration.ofMinutes(3);

  private final List<KafkaNode> nodes;
  private final Admin admin;
  private @Nullable String transaction;

  KafkaNodes(Path directory, int count) throws Exception {
    nodes = IntStream.rangeClosed(1, count).mapToObj(id -> new KafkaNode(directory, id)).toList();
    String cluster = Uuid.randomUuid().toString();
    for (KafkaNode node : nodes) {
      node.format(cluster, nodes);
      node.start();
    }
    Map<String, Object> client = new HashMap<>(LearningStream.IMPATIENT);
    client.put("bootstrap.servers", bootstrapServers());
    admin = Admin.create(client);
    await(() -> admin.describeCluster().nodes().get().size(), found -> found == count);
  }

  String bootstrapServers() {
    return nodes.stream().map(KafkaNode::address).collect(Collectors.joining(","));
  }

  /** The node that leads a topic's first partition. */
  KafkaNode leader(String topic) throws Exception {
    return node(describe(Set.of(topic)).get(0).partitions().get(0).leader().id());
  }

  /** The node that coordinates the transactions of the first producer that had some. */
  KafkaNode transactionCoordinator() throws Exception {
    if (transaction == null) {
      transaction = admin.listTransactions().all().get().iterator().next().transactionalId();
    }
    return node(
        admin
            .describeTransactions(List.of(transaction))
            .description(transaction)
            .get()
            .coordinatorId());
  }

  /**
   * The node that is the active controller. Controllers are asked, by a client that knows nothing:
   * brokers that hand such a question on take half a minute to give a frozen controller up.
   */
  KafkaNode controller() throws Exception {
    Map<String, Object> client = new HashMap<>(LearningStream.IMPATIENT);
    client.put(
        "bootstrap.controllers",
        nodes.stream().map(KafkaNode::controllerAddress).collect(Collectors.joining(",")));
    try (Admin controllers = Admin.create(client)) {
      return node(controllers.describeMetadataQuorum().quorumInfo().get().leaderId());
    }
  }

  private KafkaNode node(int id) {
    return nodes.stream().filter(node -> node.id() == id).findFirst().orElseThrow();
  }

  /** Waits until all replicas of all partitions have what the others have. */
  void awaitInSync() {
    await(
        () -> describe(topics()),
        topics ->
            topics.stream()
                .flatMap(topic -> topic.partitions().stream())
                .allMatch(partition -> partition.isr().size() == nodes.size()));
  }

  /** How many replicas must have a record before it counts as written, of each topic. */
  Map<String, String> minInSync() throws Exception {
    List<ConfigResource> resources =
        topics().stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
    Map<ConfigResource, Config> settings = admin.describeConfigs(resources).all().get();
    return settings.entrySet().stream()
        .collect(
            Collectors.toMap(
                e -> e.getKey().name(),
                e -> e.getValue().get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG).value()));
  }

  /** Every topic, Kafka's own too. */
  private Set<String> topics() throws ExecutionException, InterruptedException {
    return admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
  }

  private List<TopicDescription> describe(Set<String> topics)
      throws ExecutionException, InterruptedException {
    return List.copyOf(admin.describeTopics(topics).allTopicNames().get().values());
  }

  /** While nodes come and go, an admin client may fail to ask; it asks again. */
  static <T> T await(Callable<T> asked, Predicate<T> wanted) {
    return Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(asked, wanted);
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
    nodes.forEach(KafkaNode::close);
  }
}
