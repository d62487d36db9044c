package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.embedded.EmbeddedBroker;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.BadRecordException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A real broker, with any number of services on it side by side, each with topics of its own; and
 * what the oracle says of them.
 */
public final class OracleBroker implements AutoCloseable {
  private static final byte[] MODEL = {'a'};
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final Path directory;
  private final EmbeddedBroker broker;

  /** Starts it. */
  public OracleBroker(Path directory) {
    this(directory, Map.of());
  }

  /** Starts one with these settings of brokers. */
  public OracleBroker(Path directory, Map<String, String> properties) {
    this.directory = directory;
    broker = EmbeddedBroker.start(directory.resolve("kafka"), 0, properties);
  }

  /** The configuration of a service of this name, for models of 2 x 2 images in three classes. */
  public ServiceConfig config(String name, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("application-id", name);
    all.put("kafka.bootstrap.servers", broker.bootstrapServers());
    all.put("state-dir", directory.resolve("state-" + name).toString());
    for (String topic : List.of("images", "predictions", "metrics", "dead-letters", "snapshots")) {
      all.put("topics." + topic, name + "." + topic);
    }
    all.put("topics.create", "true");
    all.put("model.layers", "[4, 5, 3]");
    all.putAll(settings);
    return ConfigLoader.load(null, Map.of(), all);
  }

  /** Metrics that know every reason for a dead letter, with the default limits. */
  public static ServiceMetrics metrics() {
    return metrics(ConfigLoader.load(null, Map.of(), Map.of()));
  }

  /** The same, of a service. */
  public static ServiceMetrics metrics(ServiceConfig config) {
    return new ServiceMetrics(
        config,
        Arrays.stream(BadRecordException.Reason.values())
            .map(BadRecordException.Reason::text)
            .toList());
  }

  /** Runs a service until it has committed so many records. */
  void serve(ServiceConfig config, List<ImageBatch> batches, long committed) {
    try (ServiceMetrics metrics = metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      send(config.topics().images(), batches.stream().map(ImageBatch::toByteArray).toList());
      awaitCommitted(service, config, committed);
    }
  }

  /** Waits until a service runs, with its weights restored. */
  public static void awaitReady(StreamsService service) {
    Awaitility.await()
        .atMost(TIMEOUT)
        .until(
            () -> {
              assertThat(service.isRunning()).isTrue();
              return service.status().ready();
            });
  }

  /** Waits until a service has committed so many records. */
  public static void awaitCommitted(StreamsService service, ServiceConfig config, long offset) {
    awaitCommitted(service, config, 0, offset);
  }

  /** Waits until a service has committed so many records of a partition. */
  public static void awaitCommitted(
      StreamsService service, ServiceConfig config, int partition, long offset) {
    awaitCommitted(
        service, config, new TopicPartition(config.topics().images(), partition), offset);
  }

  /** Waits until a service has committed so many records of a topic of one partition. */
  public static void awaitCommitted(
      StreamsService service, ServiceConfig config, String topic, long offset) {
    awaitCommitted(service, config, new TopicPartition(topic, 0), offset);
  }

  private static void awaitCommitted(
      StreamsService service, ServiceConfig config, TopicPartition partition, long offset) {
    try (Cluster cluster = new Cluster(config)) {
      Awaitility.await()
          .dontCatchUncaughtExceptions() // of a stream thread that another one replaces
          .atMost(TIMEOUT)
          .until(
              () -> {
                assertThat(service.isRunning()).isTrue();
                return cluster.committed(partition) >= offset;
              });
    }
  }

  /** The offset that a service has committed of its first partition; -1 if it has none. */
  public long committed(ServiceConfig config) {
    try (Cluster cluster = new Cluster(config)) {
      return cluster.committed(new TopicPartition(config.topics().images(), 0));
    }
  }

  /** The kinds and input offsets of all that the oracle finds wrong. */
  public static List<String> verify(ServiceConfig config) {
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.agrees()).isEqualTo(report.disagreements().isEmpty());
    return report.disagreements().stream()
        .map(d -> d.kind().text() + " " + d.place().substring(d.place().indexOf('@') + 1))
        .toList();
  }

  /** All committed records of a topic of one partition. */
  public List<ConsumerRecord<byte[], byte[]>> read(String topic) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", broker.bootstrapServers(),
                "isolation.level", "read_committed",
                "auto.offset.reset", "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }

  /** Sends values as records of model "a". */
  public void send(String topic, List<byte[]> values) {
    sendRecords(values.stream().map(value -> new ProducerRecord<>(topic, MODEL, value)).toList());
  }

  /** Sends one record of any key. */
  public void put(String topic, byte[] key, byte @Nullable [] value) {
    sendRecords(List.of(new ProducerRecord<>(topic, key, value)));
  }

  void copy(ConsumerRecord<byte[], byte[]> record, String topic) {
    sendRecords(
        List.of(new ProducerRecord<>(topic, 0, record.key(), record.value(), record.headers())));
  }

  /** Sends records as they are. */
  public void sendRecords(List<ProducerRecord<byte[], byte[]>> records) {
    sendRecords(records, Map.of());
  }

  /** Sends records as they are, by a producer with more settings. */
  public void sendRecords(
      List<ProducerRecord<byte[], byte[]>> records, Map<String, Object> settings) {
    Map<String, Object> producerSettings = new HashMap<>(settings);
    producerSettings.put("bootstrap.servers", broker.bootstrapServers());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            producerSettings, new ByteArraySerializer(), new ByteArraySerializer())) {
      records.stream()
          .map(producer::send)
          .toList()
          .forEach(sent -> assertThat(sent).succeedsWithin(TIMEOUT));
    }
  }

  void createTopic(String name) {
    createTopic(name, Map.of());
  }

  /** Makes a topic of one partition with these settings. */
  public void createTopic(String name, Map<String, String> settings) {
    admin(
        admin ->
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1).configs(settings))).all());
  }

  /** Deletes a topic, and waits until it is not there any more. */
  void deleteTopic(String name) {
    admin(admin -> admin.deleteTopics(List.of(name)).all());
    try (Cluster cluster = new Cluster(config("any", Map.of()))) {
      Awaitility.await().atMost(TIMEOUT).until(() -> !cluster.exists(name));
    }
  }

  /** Makes a service's changelog, with one record in it. */
  public void putStored(ServiceConfig config, byte[] key, byte[] value) {
    createTopic(ChangelogReader.topic(config.applicationId()));
    put(ChangelogReader.topic(config.applicationId()), key, value);
  }

  /** What a service has stored. */
  public ChangelogView stored(ServiceConfig config) {
    ChangelogView image = new ChangelogView();
    read(ChangelogReader.topic(config.applicationId()))
        .forEach(record -> image.put(record.key(), record.value()));
    return image;
  }

  /** The SHA-256 of a model's stored weights. */
  public String stored(ServiceConfig config, String model) {
    ChangelogView image = stored(config);
    return ModelCodec.weightsSha256(Objects.requireNonNull(image.get(model)));
  }

  /** Deletes the records before an offset; -1: all. */
  public void deleteStart(String topic, long offset) {
    RecordsToDelete before = RecordsToDelete.beforeOffset(offset);
    admin(admin -> admin.deleteRecords(Map.of(new TopicPartition(topic, 0), before)).all());
  }

  /** Changes a topic's setting. */
  public void alterTopic(String name, String setting, String value) {
    admin(
        admin ->
            admin
                .incrementalAlterConfigs(
                    Map.of(
                        new ConfigResource(ConfigResource.Type.TOPIC, name),
                        List.of(
                            new AlterConfigOp(
                                new ConfigEntry(setting, value), AlterConfigOp.OpType.SET))))
                .all());
  }

  /** Has something done, once that is possible, and waits for it: a group may have to end first. */
  void admin(Function<Admin, KafkaFuture<?>> request) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      Awaitility.await()
          .atMost(TIMEOUT)
          .untilAsserted(
              () ->
                  assertThat(request.apply(admin).toCompletionStage().toCompletableFuture())
                      .succeedsWithin(TIMEOUT));
    }
  }

  @Override
  public void close() {
    broker.close();
  }
}
