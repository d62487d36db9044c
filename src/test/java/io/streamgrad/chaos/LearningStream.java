package io.streamgrad.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Running;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A broker and a stream of batches, for instances of the service that come and go. Broker,
 * producers and instances are processes of their own.
 */
final class LearningStream implements AutoCloseable {
  static final String IMAGES = "streamgrad.images";
  static final String LABELS = "streamgrad.labels";
  private static final String GROUP = "streamgrad";

  /**
   * For an admin client that gives up where a broker is silent, and asks another before that one
   * again. It notices that a request has timed out when it next asks for metadata.
   */
  static final Map<String, Object> IMPATIENT =
      Map.of(
          "request.timeout.ms", 3000,
          "default.api.timeout.ms", 5000,
          "metadata.max.age.ms", 1000,
          "retry.backoff.max.ms", 500,
          "reconnect.backoff.ms", 1000,
          "reconnect.backoff.max.ms", 1000);

  private static final String HEAP = "-Xmx512m";

  /** The oracle learns alone what the service had minutes for. */
  private static final Duration VERIFIED = Duration.ofMinutes(10);

  private final Path directory;
  private final int partitions;
  private final String server;
  private final Admin admin;
  private final List<Running> processes = new ArrayList<>();
  private final List<Feed> feeds = new ArrayList<>();

  /** On a broker of its own. */
  LearningStream(Path directory, int partitions) throws Exception {
    this(directory, partitions, null);
  }

  /** On brokers that are there, if any; their default is how often topics are replicated. */
  LearningStream(Path directory, int partitions, @Nullable String bootstrapServers)
      throws Exception {
    this.directory = directory;
    this.partitions = partitions;
    server = bootstrapServers == null ? startBroker() : bootstrapServers;
    Map<String, Object> client = new HashMap<>(bootstrapServers == null ? Map.of() : IMPATIENT);
    client.put("bootstrap.servers", server);
    admin = Admin.create(client);
    admin
        .createTopics(List.of(new NewTopic(IMAGES, Optional.of(partitions), Optional.empty())))
        .all()
        .get();
    // Also until every partition is led: a producer that is too early may hang.
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptions()
        .until(() -> ends().size() == partitions);
  }

  private String startBroker() throws IOException {
    Running broker = broker(Files.createDirectories(directory), 0);
    processes.add(broker);
    return broker.awaitOutput("Kafka at (\\S+),");
  }

  /** Starts a broker that keeps its data in the directory; 0 for any port that is free. */
  static Running broker(Path directory, int port) throws IOException {
    return new Running(
        directory,
        List.of("-Xmx512m"),
        Map.of(),
        List.of(
            "broker",
            "--data-dir",
            directory.resolve("kafka").toString(),
            "--port",
            Integer.toString(port)));
  }

  String server() {
    return server;
  }

  /** Streams MNIST to a model, shuffled by the seed. */
  Running produce(String model, long seed, int images, int perSecond) throws IOException {
    return start(
        List.of(
            "produce",
            "--bootstrap-server",
            server,
            "--model",
            model,
            "--limit",
            Integer.toString(images),
            "--repeat",
            "1000",
            "--rate",
            Integer.toString(perSecond),
            "--shuffle-seed",
            Long.toString(seed)));
  }

  /** Streams small batches to many models, m0, m1 ... in turn, until it is stopped. */
  Feed feed(int models, int perSecond) {
    Feed feed = Feed.start(server, models, perSecond);
    feeds.add(feed);
    return feed;
  }

  /** The same without labels, which come so many batches later, to {@link #LABELS}. */
  Feed feedLate(int models, int perSecond, int delay) throws Exception {
    admin
        .createTopics(List.of(new NewTopic(LABELS, Optional.of(partitions), Optional.empty())))
        .all()
        .get();
    Feed feed = Feed.late(server, models, perSecond, delay);
    feeds.add(feed);
    return feed;
  }

  /** Starts an instance; its local state is its name's. */
  Running serve(String name, String... settings) throws IOException {
    return serveIn(HEAP, name, settings);
  }

  /** Starts an instance with another heap, given as the JVM takes it. */
  Running serveIn(String heap, String name, String... settings) throws IOException {
    List<String> arguments = serveArguments(name, settings);
    arguments.addAll(List.of("-c", "http.health-port=0"));
    return start(heap, arguments);
  }

  /** Starts an instance of another build, which may be older than the port for health. */
  Running serve(Path jar, String name, String... settings) throws IOException {
    Running process =
        Running.program(
            directory, jar.toString(), jvm(HEAP), Running.MAIN, serveArguments(name, settings));
    processes.add(process);
    return process;
  }

  private List<String> serveArguments(String name, String... settings) {
    List<String> arguments = new ArrayList<>(List.of("serve"));
    for (String setting :
        List.of(
            "kafka.bootstrap.servers=" + server,
            "topics.create=true",
            "topics.partitions=" + partitions,
            "http.host=127.0.0.1",
            "http.port=0",
            "state-dir=" + state(name))) {
      arguments.addAll(List.of("-c", setting));
    }
    for (String setting : settings) {
      arguments.addAll(List.of("-c", setting));
    }
    return arguments;
  }

  /** Where an instance of this name keeps its local state. */
  Path state(String name) {
    return directory.resolve("state-" + name);
  }

  /** Records of the images topic that no committed offset covers yet. */
  long lag() throws Exception {
    return lag(IMAGES);
  }

  /** Records of a topic of the input that no committed offset covers yet. */
  long lag(String topic) throws Exception {
    long committed = committed(topic);
    return records(topic) - committed;
  }

  /** Records of the images topic that a committed offset covers. */
  long committed() throws Exception {
    return committed(IMAGES);
  }

  private long committed(String topic) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get();
    return committed.entrySet().stream()
        .filter(offset -> offset.getKey().topic().equals(topic))
        .map(Map.Entry::getValue)
        .filter(Objects::nonNull)
        .mapToLong(OffsetAndMetadata::offset)
        .sum();
  }

  /** Records of the images topic. */
  long records() throws Exception {
    return records(IMAGES);
  }

  /** Records of a topic of the input. */
  long records(String topic) throws Exception {
    return ends(topic).values().stream().mapToLong(ListOffsetsResultInfo::offset).sum();
  }

  /** Waits until every record is covered by a committed offset. */
  void awaitDrained(Duration patience) {
    Awaitility.await().atMost(patience).until(() -> lag() == 0);
  }

  /**
   * Waits until so many records are covered by a committed offset; else says what the service did.
   */
  void awaitCommitted(long records, Duration patience, Running service) {
    Awaitility.await()
        .atMost(patience)
        .ignoreExceptions()
        .untilAsserted(
            () -> assertThat(committed()).as(service::output).isGreaterThanOrEqualTo(records));
  }

  /** The ids of transactions that have been open for longer than this. */
  List<String> openTransactions(Duration age) throws Exception {
    return admin
        .listTransactions(
            new ListTransactionsOptions()
                .filterStates(List.of(TransactionState.ONGOING))
                .filterOnDuration(age.toMillis()))
        .all()
        .get()
        .stream()
        .map(TransactionListing::transactionalId)
        .toList();
  }

  /** Waits until every partition has got beyond all that it holds now. */
  void awaitProgress(Duration patience) throws Exception {
    Map<TopicPartition, ListOffsetsResultInfo> now = new HashMap<>(ends());
    now.values().removeIf(end -> end.offset() == 0); // it may have no committed offset
    Awaitility.await()
        .atMost(patience)
        .until(
            () -> {
              Map<TopicPartition, OffsetAndMetadata> committed =
                  admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get();
              return now.entrySet().stream()
                  .allMatch(
                      end -> {
                        OffsetAndMetadata offset = committed.get(end.getKey());
                        return offset != null && offset.offset() >= end.getValue().offset();
                      });
            });
  }

  /** The oracle over the whole stream; returns what it says. Fails where anything disagrees. */
  String verify(String... settings) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("verify", "-c", "kafka.bootstrap.servers=" + server));
    for (String setting : settings) {
      arguments.addAll(List.of("-c", setting));
    }
    Running verifier = start(arguments);
    assertThat(verifier.exit(VERIFIED)).as(verifier.output()).isZero();
    return verifier.output();
  }

  /**
   * Ends the producer, and the service once it has learned all that came; the oracle compares.
   *
   * @return how many records there are, of which it found each learned and predicted
   */
  long finish(Running producer, Running service) throws Exception {
    producer.terminate();
    awaitDrained(Duration.ofMinutes(5));
    service.terminate();
    long records = records();
    assertThat(verify()).contains("agrees: %d updates, %d predictions".formatted(records, records));
    return records;
  }

  @Override
  public void close() {
    feeds.forEach(Feed::stop);
    admin.close();
    processes.forEach(Running::close);
  }

  private Map<TopicPartition, ListOffsetsResultInfo> ends() throws Exception {
    return ends(IMAGES);
  }

  private Map<TopicPartition, ListOffsetsResultInfo> ends(String topic) throws Exception {
    Map<TopicPartition, OffsetSpec> partitionEnds = new HashMap<>();
    IntStream.range(0, partitions)
        .forEach(p -> partitionEnds.put(new TopicPartition(topic, p), OffsetSpec.latest()));
    return admin.listOffsets(partitionEnds).all().get();
  }

  private static List<String> jvm(String heap) {
    return List.of(heap, "--add-modules=jdk.incubator.vector");
  }

  private Running start(List<String> arguments) throws IOException {
    return start(HEAP, arguments);
  }

  private Running start(String heap, List<String> arguments) throws IOException {
    Files.createDirectories(directory);
    Running process = new Running(directory, jvm(heap), Map.of(), arguments);
    processes.add(process);
    return process;
  }
}
