package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The oracle over a service that has learned on a real broker, as it did and tampered with. */
class VerifierIT extends OracleTests {
  private static final int BATCHES = 60;

  private static ServiceConfig trained;

  @BeforeAll
  static void train() {
    trained = broker.config("trained", Map.of("recovery-target", "1ms")); // several states
    List<byte[]> records = new ArrayList<>();
    TestBatches.labeled(BATCHES, 1).forEach(batch -> records.add(batch.toByteArray()));
    records.set(7, new byte[] {1, 2, 3}); // a bad one
    records.set(
        11, TestBatches.labeled(1, 9).get(0).toBuilder().clearLabels().build().toByteArray());
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(trained, metrics)) {
      broker.send(trained.topics().images(), records.subList(0, BATCHES / 2));
      OracleBroker.awaitCommitted(service, trained, BATCHES / 2); // two commits at least
      broker.send(trained.topics().images(), records.subList(BATCHES / 2, BATCHES));
      OracleBroker.awaitCommitted(service, trained, BATCHES);
    }
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

  /** The service has no such model, and so it has no part in the number over all of them. */
  @Test
  void givenAModelThatHasOnlyBatchesWithoutLabelsThenAllAgrees() throws Exception {
    ServiceConfig config = broker.config("unlabeled", Map.of());
    byte[] unlabeled =
        TestBatches.labeled(1, 5).get(0).toBuilder().clearLabels().build().toByteArray();
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      String images = config.topics().images();
      broker.send(images, List.of(TestBatches.labeled(1, 5).get(0).toByteArray()));
      broker.put(images, new byte[] {'u'}, unlabeled);
      OracleBroker.awaitCommitted(service, config, 2);
    }
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.predictions()).isEqualTo(2);
    assertThat(report.models().get(0).weightsCompared()).isTrue();
  }

  @Test
  void givenAServiceThatRunsThenTheOracleAgreesWhileItDoesAndAfterwards() throws Exception {
    ServiceConfig config =
        broker.config(
            "running", Map.of("commit-interval", "15ms", "snapshots.every-updates", "50"));
    List<ImageBatch> batches = TestBatches.labeled(500, 2);
    List<byte[]> values = batches.stream().map(ImageBatch::toByteArray).toList();
    AtomicBoolean stop = new AtomicBoolean();
    int rounds = 0;
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      CompletableFuture<Integer> sender =
          CompletableFuture.supplyAsync(() -> sendUntil(stop, config.topics().images(), values));
      try {
        OracleBroker.awaitCommitted(service, config, 1);
        long before = 0;
        for (int i = 0; i < 15; i++) {
          VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
          assertThat(report.disagreements()).isEmpty();
          assertThat(report.models()).allMatch(VerificationReport.Model::weightsCompared);
          assertThat(report.updates()).isGreaterThanOrEqualTo(before).isPositive();
          before = report.updates();
        }
      } finally {
        stop.set(true);
      }
      rounds = sender.get(60, TimeUnit.SECONDS);
      OracleBroker.awaitCommitted(service, config, 500L * rounds);
    }

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);

    List<ImageBatch> all = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      all.addAll(batches);
    }
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.models())
        .extracting(VerificationReport.Model::weightsSha256)
        .containsExactly(TestBatches.learnedSha256(config, "a", all));
  }

  /** Sends all values again and again; returns how often. */
  private static int sendUntil(AtomicBoolean stop, String topic, List<byte[]> values) {
    int rounds = 0;
    while (!stop.get()) {
      for (int from = 0; from < values.size(); from += 20) {
        broker.send(topic, values.subList(from, from + 20));
      }
      rounds++;
    }
    return rounds;
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
    assertThatThrownBy(
            () -> Verifier.verify(broker.config("no-such-thing", Map.of()), Verifier.Scope.ALL))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("no-such-thing.images does not exist");
  }

  @Test
  void givenAnotherSeedThenWeightsAndPredictionsDisagree() {
    VerificationReport report =
        Verifier.verify(broker.config("trained", Map.of("model.seed", "19")), Verifier.Scope.ALL);

    assertThat(report.agrees()).isFalse();
    assertThat(report.disagreementCount()).isEqualTo(BATCHES - 1 + 2);
    assertThat(report.disagreements()).hasSize(20 + 2); // not every line of the same
    assertThat(report.totals())
        .containsExactly(
            "wrong prediction: 59 in all, only the first 20 are shown", "wrong weights: 2 in all");
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
    broker.createTopic(topic);
    List<ConsumerRecord<byte[], byte[]>> letters = broker.read(trained.topics().deadLetters());
    ServiceConfig config = broker.config("trained", Map.of("topics.dead-letters", topic));
    assertThat(OracleBroker.verify(config)).containsExactly("missing dead letter 7");

    letters.forEach(letter -> broker.copy(letter, topic));
    assertThat(OracleBroker.verify(config)).isEmpty();

    letters.forEach(letter -> broker.copy(letter, topic));
    assertThat(OracleBroker.verify(config)).containsExactly("extra dead letter 7");
  }

  /** What a restore would learn again, and hold against the number beside it. */
  @Test
  void givenAPositionChangedThenItIsWrong() {
    String changelog = ChangelogReader.topic("trained");
    List<ConsumerRecord<byte[], byte[]>> written = broker.read(changelog);
    byte[] key = PartitionRecords.POSITION.bytes();
    Position last = Objects.requireNonNull(broker.stored(trained).position());
    byte[] older =
        written.stream()
            .filter(record -> ChangelogView.model(record.key()) != null)
            .findFirst()
            .orElseThrow()
            .value();
    byte[] model = ChangelogLayout.key("a", (byte) 0, 0).bytes();
    byte[] newest = Objects.requireNonNull(broker.stored(trained).records().get(Key.of(model)));
    try {
      broker.put(changelog, key, position(last, last.replayFrom(), last.models() + 1));
      assertThat(OracleBroker.verify(trained)).containsExactly("wrong weights 60");

      broker.put(changelog, model, older);
      broker.put(changelog, key, position(last, 1, last.models()));
      assertThat(OracleBroker.verify(trained)).as("what it lacks is learned again").isEmpty();
    } finally {
      broker.put(changelog, model, newest);
      broker.put(changelog, key, last.encode());
    }
    assertThat(OracleBroker.verify(trained)).isEmpty();
  }

  private static byte[] position(Position last, long replayFrom, long models) {
    return new Position(
            last.topic(),
            last.topicId(),
            last.partition(),
            last.partitions(),
            last.offset(),
            replayFrom,
            last.states(),
            models,
            last.mathematics())
        .encode();
  }

  @Test
  void givenStoredWeightsChangedThenTheyAreWrong() {
    String changelog = ChangelogReader.topic("trained");
    List<ConsumerRecord<byte[], byte[]>> written =
        broker.read(changelog).stream()
            .filter(record -> ChangelogView.model(record.key()) != null)
            .toList();
    ConsumerRecord<byte[], byte[]> last = written.get(written.size() - 1);
    try {
      byte[] flipped = last.value().clone();
      flipped[flipped.length - 1] ^= 1;
      broker.put(changelog, last.key(), flipped);
      assertThat(OracleBroker.verify(trained)).containsExactly("wrong weights 59");

      byte[] noModel = Arrays.copyOf(last.value(), last.value().length - 1);
      broker.put(changelog, last.key(), noModel);
      assertThat(OracleBroker.verify(trained)).contains("wrong weights trained.images-0");

      ChangelogView older = new ChangelogView();
      older.put(last.key(), written.get(0).value());
      broker.put(changelog, last.key(), written.get(0).value());
      assertThat(written).hasSizeGreaterThan(1);
      long has = Objects.requireNonNull(older.get("a")).lineage().offset();
      assertThat(OracleBroker.verify(trained)).containsExactly("wrong lineage " + (has + 1));

      broker.put(changelog, last.key(), null);
      assertThat(OracleBroker.verify(trained)).containsExactly("wrong lineage 0");
    } finally {
      broker.put(changelog, last.key(), last.value());
    }
    assertThat(OracleBroker.verify(trained)).isEmpty();
  }

  /** The kinds and offsets of what disagrees when the predictions are others. */
  private static List<String> withPredictions(
      String name, UnaryOperator<List<PredictionBatch>> tamper) {
    String topic = "trained.predictions." + name;
    broker.createTopic(topic);
    List<PredictionBatch> predictions =
        new ArrayList<>(
            broker.read(trained.topics().predictions()).stream()
                .map(VerifierIT::prediction)
                .toList());
    broker.send(
        topic, tamper.apply(predictions).stream().map(PredictionBatch::toByteArray).toList());
    return OracleBroker.verify(broker.config("trained", Map.of("topics.predictions", topic)));
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
}
