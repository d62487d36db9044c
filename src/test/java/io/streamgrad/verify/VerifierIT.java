package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ConfigLoader;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.embedded.EmbeddedBroker;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.ChangelogReader;
import io.streamgrad.topology.StreamsService;
import io.streamgrad.topology.TestBatches;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.wire.BadRecordException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The oracle over a service that has learned on a real broker, as it did and tampered with. */
class VerifierIT {
  private static final int BATCHES = 60;
  private static final byte[] MODEL = {'a'};

  @TempDir private static Path directory;
  private static EmbeddedBroker broker;
  private static ServiceConfig trained;

  @BeforeAll
  static void train() {
    broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
    trained = config("trained", Map.of());
    List<byte[]> records = new ArrayList<>();
    TestBatches.labeled(BATCHES, 1).forEach(batch -> records.add(batch.toByteArray()));
    records.set(7, new byte[] {1, 2, 3}); // a bad one
    records.set(
        11, TestBatches.labeled(1, 9).get(0).toBuilder().clearLabels().build().toByteArray());
    try (ServiceMetrics metrics = metrics();
        StreamsService service = StreamsService.start(trained, metrics)) {
      send(trained.topics().images(), records.subList(0, BATCHES / 2));
      awaitCommitted(service, trained, BATCHES / 2); // two commits at least
      send(trained.topics().images(), records.subList(BATCHES / 2, BATCHES));
      awaitCommitted(service, trained, BATCHES);
    }
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void givenARunThenTheOracleAgreesWithAllOfIt() {
    VerificationReport report = Verifier.verify(trained, Verifier.Scope.ALL);

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.agrees()).isTrue();
    assertThat(report.updates()).isEqualTo(BATCHES - 2);
    assertThat(report.predictions()).isEqualTo(BATCHES - 1);
    assertThat(report.deadLetters()).isEqualTo(1);
    assertThat(report.committed()).containsExactly((long) BATCHES);
    assertThat(report.models()).hasSize(1);
    assertThat(report.models().get(0).weightsCompared()).isTrue();
    assertThat(report.summary()).startsWith("agrees: 58 updates, 59 predictions, 1 dead letters");
  }

  @Test
  void givenAServiceThatRunsThenTheOracleAgreesWhileItDoesAndAfterwards() {
    ServiceConfig config = config("running", Map.of("commit-interval", "20ms"));
    List<ImageBatch> batches = TestBatches.labeled(400, 2);
    try (ServiceMetrics metrics = metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      long before = 0;
      for (int from = 0; from < batches.size(); from += 100) {
        send(
            config.topics().images(),
            batches.subList(from, from + 100).stream().map(ImageBatch::toByteArray).toList());
        awaitCommitted(service, config, from + 1);
        VerificationReport report = Verifier.verify(config, Verifier.Scope.of("a"));
        assertThat(report.disagreements()).isEmpty();
        assertThat(report.updates()).isGreaterThan(before);
        before = report.updates();
      }
      awaitCommitted(service, config, 400);
    }

    VerificationReport report = Verifier.verify(config, Verifier.Scope.of("a"));

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.models())
        .extracting(VerificationReport.Model::weightsSha256)
        .containsExactly(TestBatches.learnedSha256(config, "a", batches));
  }

  @Test
  void givenUntilWhenVerifiedThenOnlyWhatCameBeforeIsLookedAt() {
    VerificationReport report = Verifier.verify(trained, new Verifier.Scope("a", 4));

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.updates()).isEqualTo(5);
    assertThat(report.models().get(0).weightsCompared()).isFalse();
    assertThat(report.models().get(0).weightsSha256())
        .isEqualTo(TestBatches.learnedSha256(trained, "a", TestBatches.labeled(5, 1)));
  }

  @Test
  void givenNothingToCompareThenThatIsAnErrorAndNoAgreement() {
    assertThatThrownBy(() -> Verifier.verify(trained, Verifier.Scope.of("nobody")))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("nobody");
    assertThatThrownBy(() -> Verifier.verify(config("no-such-thing", Map.of()), Verifier.Scope.ALL))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("no-such-thing.images does not exist");
  }

  @Test
  void givenAnotherSeedThenWeightsAndPredictionsDisagree() {
    VerificationReport report =
        Verifier.verify(config("trained", Map.of("model.seed", "19")), Verifier.Scope.ALL);

    assertThat(report.agrees()).isFalse();
    assertThat(report.disagreementCount()).isEqualTo(BATCHES - 1 + 1);
    assertThat(report.disagreements()).hasSize(20 + 1); // not every line of the same
    assertThat(report.disagreements())
        .extracting(Disagreement::kind)
        .contains(Kind.WRONG_PREDICTION, Kind.WRONG_WEIGHTS);
    assertThat(report.disagreements().get(0).toString())
        .matches(
            "wrong prediction: model \"a\", input trained.images-0@0: trained.predictions-0@0 "
                + "differs in .*; SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}");
  }

  @Test
  void givenAPredictionTwiceThenTheSecondIsExtra() {
    assertThat(withPredictions("twice", p -> concat(p.subList(0, 21), p.subList(20, p.size()))))
        .containsExactly("extra prediction 21");
    assertThat(withPredictions("again", p -> concat(p, p.subList(3, 4))))
        .containsExactly("extra prediction 3");
  }

  @Test
  void givenAPredictionLessThenItIsMissing() {
    assertThat(withPredictions("less", p -> concat(p.subList(0, 20), p.subList(21, p.size()))))
        .containsExactly("missing prediction 21");
    assertThat(withPredictions("cut", p -> p.subList(0, p.size() - 1)))
        .containsExactly("missing prediction 59");
  }

  @Test
  void givenAPredictionChangedThenItIsWrong() {
    assertThat(
            withPredictions(
                "version", p -> changed(p, 30, b -> b.setModelVersion(b.getModelVersion() + 1))))
        .containsExactly("wrong prediction 31");
    assertThat(
            withPredictions(
                "confidence",
                p -> changed(p, 31, b -> b.setConfidences(0, Math.nextUp(b.getConfidences(0))))))
        .containsExactly("wrong prediction 32");
    assertThat(withPredictions("class", p -> changed(p, 32, b -> b.setClasses(0, 200))))
        .containsExactly("wrong prediction 33");
    assertThat(withPredictions("score", p -> changed(p, 33, b -> b.clearScore())))
        .containsExactly("wrong prediction 34");
    assertThat(withPredictions("model", p -> changed(p, 34, b -> b.setModel("b"))))
        .containsExactly("wrong prediction 35");
    assertThat(
            withPredictions("offset", p -> changed(p, 35, b -> b.getInputBuilder().setOffset(5))))
        .containsExactlyInAnyOrder("extra prediction 5", "missing prediction 36");
    assertThat(
            withPredictions("future", p -> changed(p, 58, b -> b.getInputBuilder().setOffset(70))))
        .containsExactlyInAnyOrder("extra prediction 70", "missing prediction 59");
  }

  @Test
  void givenNoDeadLetterThenItIsMissingAndOneMoreIsExtra() {
    String topic = "trained.other-letters";
    createTopic(topic);
    List<ConsumerRecord<byte[], byte[]>> letters = read(trained.topics().deadLetters());
    ServiceConfig config = config("trained", Map.of("topics.dead-letters", topic));
    assertThat(verify(config)).containsExactly("missing dead letter 7");

    letters.forEach(letter -> copy(letter, topic));
    assertThat(verify(config)).isEmpty();

    letters.forEach(letter -> copy(letter, topic));
    assertThat(verify(config)).containsExactly("extra dead letter 7");
  }

  @Test
  void givenStoredWeightsChangedThenTheyAreWrong() {
    String changelog = ChangelogReader.topic("trained");
    List<ConsumerRecord<byte[], byte[]>> written = read(changelog);
    ConsumerRecord<byte[], byte[]> last = written.get(written.size() - 1);
    try {
      byte[] flipped = last.value().clone();
      flipped[flipped.length - 1] ^= 1;
      put(changelog, last.key(), flipped);
      assertThat(verify(trained)).containsExactly("wrong weights 59");

      byte[] noModel = Arrays.copyOf(last.value(), last.value().length - 1);
      put(changelog, last.key(), noModel);
      assertThat(verify(trained)).contains("wrong weights -1");

      put(changelog, last.key(), written.get(0).value());
      assertThat(written).hasSizeGreaterThan(1);
      assertThat(verify(trained)).containsExactly("wrong lineage 59");

      put(changelog, last.key(), null);
      assertThat(verify(trained)).containsExactly("wrong lineage 59");
    } finally {
      put(changelog, last.key(), last.value());
    }
    assertThat(verify(trained)).isEmpty();
  }

  /** The kinds and offsets of what disagrees when the predictions are others. */
  private static List<String> withPredictions(
      String name, UnaryOperator<List<PredictionBatch>> tamper) {
    String topic = "trained.predictions." + name;
    createTopic(topic);
    List<PredictionBatch> predictions =
        new ArrayList<>(
            read(trained.topics().predictions()).stream().map(VerifierIT::prediction).toList());
    send(topic, tamper.apply(predictions).stream().map(PredictionBatch::toByteArray).toList());
    return verify(config("trained", Map.of("topics.predictions", topic)));
  }

  private static List<String> verify(ServiceConfig config) {
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.agrees()).isEqualTo(report.disagreements().isEmpty());
    return report.disagreements().stream()
        .map(
            d ->
                d.kind().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ')
                    + " "
                    + d.input().substring(d.input().indexOf('@') + 1))
        .toList();
  }

  private static List<PredictionBatch> changed(
      List<PredictionBatch> predictions,
      int index,
      java.util.function.Consumer<PredictionBatch.Builder> change) {
    PredictionBatch.Builder builder = predictions.get(index).toBuilder();
    change.accept(builder);
    predictions.set(index, builder.build());
    return predictions;
  }

  private static <T> List<T> concat(List<T> a, List<T> b) {
    List<T> both = new ArrayList<>(a);
    both.addAll(b);
    return both;
  }

  private static PredictionBatch prediction(ConsumerRecord<byte[], byte[]> record) {
    try {
      return PredictionBatch.parseFrom(record.value());
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static ServiceConfig config(String name, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("application-id", name);
    all.put("kafka.bootstrap.servers", broker.bootstrapServers());
    all.put("state-dir", directory.resolve("state-" + name).toString());
    all.put("topics.images", name + ".images");
    all.put("topics.predictions", name + ".predictions");
    all.put("topics.metrics", name + ".metrics");
    all.put("topics.dead-letters", name + ".dead-letters");
    all.put("topics.create", "true");
    all.put("model.layers", "[4, 5, 3]");
    all.putAll(settings);
    return ConfigLoader.load(null, Map.of(), all);
  }

  private static ServiceMetrics metrics() {
    return new ServiceMetrics(
        Arrays.stream(BadRecordException.Reason.values())
            .map(BadRecordException.Reason::text)
            .toList());
  }

  private static void awaitCommitted(StreamsService service, ServiceConfig config, long offset) {
    try (Cluster cluster = new Cluster(config)) {
      TopicPartition images = new TopicPartition(config.topics().images(), 0);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                assertThat(service.notAlive()).isNull();
                return cluster.committed(images) >= offset;
              });
    }
  }

  private static List<ConsumerRecord<byte[], byte[]>> read(String topic) {
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

  private static void send(String topic, List<byte[]> values) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      values.stream()
          .map(value -> producer.send(new ProducerRecord<>(topic, MODEL, value)))
          .toList()
          .forEach(sent -> assertThat(sent).succeedsWithin(Duration.ofSeconds(30)));
    }
  }

  private static void put(
      String topic, byte[] key, byte @org.jspecify.annotations.Nullable [] value) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      assertThat(producer.send(new ProducerRecord<>(topic, key, value)))
          .succeedsWithin(Duration.ofSeconds(30));
    }
  }

  private static void copy(ConsumerRecord<byte[], byte[]> record, String topic) {
    try (KafkaProducer<byte[], byte[]> producer = producer()) {
      assertThat(
              producer.send(
                  new ProducerRecord<>(topic, 0, record.key(), record.value(), record.headers())))
          .succeedsWithin(Duration.ofSeconds(30));
    }
  }

  private static KafkaProducer<byte[], byte[]> producer() {
    return new KafkaProducer<>(
        Map.of("bootstrap.servers", broker.bootstrapServers()),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static void createTopic(String name) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      assertThat(
              admin
                  .createTopics(List.of(new NewTopic(name, 1, (short) 1)))
                  .all()
                  .toCompletionStage()
                  .toCompletableFuture())
          .succeedsWithin(Duration.ofSeconds(30));
    }
  }
}
