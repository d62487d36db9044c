package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.embedded.EmbeddedBroker;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.MessageReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service on a real broker: learn, stop, start, go on. */
class StreamsServiceIT {
  private static final String MODEL = "digits";
  private static final String CHANGELOG = ChangelogReader.topic("streamgrad");

  @TempDir private Path directory;
  private EmbeddedBroker broker;

  @BeforeEach
  void startBroker() {
    broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
  }

  @AfterEach
  void stopBroker() {
    broker.close();
  }

  @Test
  void weightsAfterARestartAreThoseOfALearnerThatNeverStopped() throws Exception {
    ServiceConfig config = config(Map.of());
    List<ImageBatch> batches = TestBatches.labeled(400, 1);

    serveUntilPredicted(config, batches.subList(0, 250), 250);
    assertThat(storedSha256(config))
        .isEqualTo(TestBatches.learnedSha256(config, MODEL, batches.subList(0, 250)));

    List<PredictionBatch> predictions = serveUntilPredicted(config, batches.subList(250, 400), 400);
    assertThat(storedSha256(config)).isEqualTo(TestBatches.learnedSha256(config, MODEL, batches));
    assertThat(predictions)
        .extracting(PredictionBatch::getModelVersion)
        .isEqualTo(LongStream.range(0, 400).boxed().toList());
    assertThat(changelogRecords()).isPositive().isLessThan(100); // once per commit, not per update
  }

  @Test
  void aRestoredModelHasItsMetersAlthoughNothingComesAndTheSumsBeginAnew() {
    ServiceConfig config = config(Map.of());
    List<ImageBatch> batches = TestBatches.labeled(30, 5);
    int images = batches.stream().mapToInt(batch -> batch.getLabels().size()).sum();
    serveUntilPredicted(config, batches, 30);

    try (ServiceMetrics metrics = new ServiceMetrics(config, List.of());
        StreamsService service = StreamsService.start(config, metrics)) {
      Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> service.status().ready());
      Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(metrics.scrape())
                      .contains("streamgrad_models 1.0")
                      .contains("streamgrad_model_diverged{model=\"" + MODEL + "\"} 0.0")
                      .contains("streamgrad_model_version{model=\"" + MODEL + "\"} 30.0")
                      .contains("streamgrad_images_total{model=\"" + MODEL + "\"} " + images)
                      .contains("streamgrad_all_images_total 0.0"));
    }
  }

  @Test
  void atLeastOnceLearnsTheSameWhereNothingCrashes() throws Exception {
    ServiceConfig config = config(Map.of("processing-guarantee", "at_least_once"));
    List<ImageBatch> batches = TestBatches.labeled(100, 2);

    serveUntilPredicted(config, batches, 100);

    assertThat(storedSha256(config)).isEqualTo(TestBatches.learnedSha256(config, MODEL, batches));
  }

  @Test
  void aModelOfMoreThanARecordSurvivesARestart() throws Exception {
    // 4 x 60000 weights and as many biases, averaged, last good, and two moments: 10 MB
    ServiceConfig config =
        config(
            Map.of(
                "model.layers", "[4, 60000, 3]",
                "model.optimizer.type", "adam",
                "model.learning-rate.initial", "0.001"));
    List<ImageBatch> batches = TestBatches.labeled(12, 3);

    serveUntilPredicted(config, batches.subList(0, 6), 6);
    serveUntilPredicted(config, batches.subList(6, 12), 12);

    assertThat(storedSha256(config)).isEqualTo(TestBatches.learnedSha256(config, MODEL, batches));
  }

  @Test
  void storedWeightsOfAnotherShapeAreRefusedAndKept() throws Exception {
    ServiceConfig config = config(Map.of());
    serveUntilPredicted(config, TestBatches.labeled(20, 4), 20);
    String before = storedSha256(config);

    try (ServiceMetrics metrics = new ServiceMetrics(config(Map.of()), List.of());
        StreamsService service =
            StreamsService.start(config(Map.of("model.layers", "[4, 6, 3]")), metrics)) {
      Throwable failure = service.awaitStopped();

      assertThat(failure).isNotNull();
      assertThat(Failures.message(failure))
          .contains("\"digits\"")
          .contains("[4, 5, 3]")
          .contains("[4, 6, 3]");
    }
    assertThat(storedSha256(config)).isEqualTo(before);
  }

  @Test
  @Timeout(60)
  void transactionsLongerThanBrokersAllowStopItWithBothSettings() throws Exception {
    try (ServiceMetrics metrics = new ServiceMetrics(config(Map.of()), List.of());
        StreamsService service =
            StreamsService.start(config(Map.of("commit-interval", "11m")), metrics)) {
      assertThat(service.awaitStopped())
          .hasMessageContaining("commit-interval: PT11M")
          .hasMessageContaining("PT16M")
          .hasMessageContaining("transaction.max.timeout.ms");
    }
  }

  @Test
  @Timeout(60)
  void anInputThatIsDeletedWhileTheServiceRunsStopsIt() throws Exception {
    ServiceConfig config = config(Map.of());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        ServiceMetrics metrics = new ServiceMetrics(config(Map.of()), List.of());
        StreamsService service = StreamsService.start(config, metrics)) {
      Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> service.status().ready());

      admin.deleteTopics(List.of("streamgrad.images")).all().get();

      assertThat(service.awaitStopped())
          .isInstanceOf(TopicsException.class)
          .hasMessage("topic streamgrad.images was deleted");
    }
  }

  @Test
  void missingAndCompactedTopicsAreRefusedByName() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("streamgrad.images", 1, (short) 1)
                      .configs(Map.of("cleanup.policy", "compact"))))
          .all()
          .get();
    }
    try (ServiceMetrics metrics = new ServiceMetrics(config(Map.of()), List.of())) {
      assertThatThrownBy(
              () -> StreamsService.start(config(Map.of("topics.create", "false")), metrics))
          .isInstanceOf(TopicsException.class)
          .hasMessageContaining("streamgrad.predictions does not exist")
          .hasMessageContaining("streamgrad.images has cleanup.policy=compact");
    }
  }

  @Test
  void anotherNumberOfPartitionsThanTheWeightsHaveIsRefused() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
        ServiceMetrics metrics = new ServiceMetrics(config(Map.of()), List.of())) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("streamgrad.images", 3, (short) 1),
                  new NewTopic(CHANGELOG, 2, (short) 1)))
          .all()
          .get();

      assertThatThrownBy(() -> StreamsService.start(config(Map.of()), metrics))
          .isInstanceOf(TopicsException.class)
          .hasMessageContaining("streamgrad.images has 3 partitions")
          .hasMessageContaining("the weights in " + CHANGELOG + " have 2");
    }
  }

  @Test
  void aSnapshotsTopicThatWouldLoseOrMixSnapshotsIsRefused() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin.createTopics(List.of(new NewTopic("streamgrad.snapshots", 2, (short) 1))).all().get();
    }
    try (ServiceMetrics metrics = new ServiceMetrics(config(Map.of()), List.of())) {
      assertThatThrownBy(
              () -> StreamsService.start(config(Map.of("snapshots.every-updates", "1")), metrics))
          .isInstanceOf(TopicsException.class)
          .hasMessageContaining("streamgrad.snapshots has cleanup.policy=delete; must be compact")
          .hasMessageContaining("streamgrad.snapshots has 2 partitions; must have 1");
    }
  }

  private ServiceConfig config(Map<String, String> settings) {
    Map<String, String> all =
        new HashMap<>(
            Map.of(
                "kafka.bootstrap.servers",
                broker.bootstrapServers(),
                "state-dir",
                directory.resolve("streams").toString(),
                "topics.create",
                "true",
                "model.layers",
                "[4, 5, 3]"));
    all.putAll(settings);
    return ConfigLoader.load(null, Map.of(), all);
  }

  /** Runs the service until so many predictions are committed in all; returns them. */
  private List<PredictionBatch> serveUntilPredicted(
      ServiceConfig config, List<ImageBatch> batches, int predicted) {
    List<PredictionBatch> predictions = new ArrayList<>();
    try (ServiceMetrics metrics = new ServiceMetrics(config(Map.of()), List.of());
        StreamsService service = StreamsService.start(config, metrics);
        KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      produce(batches);
      TopicPartition partition = new TopicPartition("streamgrad.predictions", 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      MessageReader<PredictionBatch> reader =
          new MessageReader<>(PredictionBatch.getDefaultInstance());
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                assertThat(service.isRunning()).isTrue();
                consumer
                    .poll(Duration.ofMillis(100))
                    .forEach(
                        r ->
                            predictions.add(reader.deserialize(r.topic(), r.headers(), r.value())));
                return predictions.size() >= predicted;
              });
    }
    return predictions;
  }

  private void produce(List<ImageBatch> batches) {
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers()),
            new StringSerializer(),
            new ByteArraySerializer())) {
      batches.stream()
          .map(
              batch ->
                  producer.send(
                      new ProducerRecord<>("streamgrad.images", MODEL, batch.toByteArray())))
          .toList()
          .forEach(sent -> assertThat(sent).succeedsWithin(Duration.ofSeconds(30)));
    }
  }

  private String storedSha256(ServiceConfig config) {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      var stored =
          ChangelogReader.read(consumer, ChangelogReader.topic(config.applicationId())).get(MODEL);
      assertThat(stored).isNotNull();
      return ModelCodec.weightsSha256(stored);
    }
  }

  private long changelogRecords() {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      TopicPartition partition = new TopicPartition(CHANGELOG, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      long records = 0;
      while (consumer.position(partition) < end) {
        records += consumer.poll(Duration.ofMillis(100)).count();
      }
      return records;
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(
        Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed"),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }
}
