package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.MiniBatch;
import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.Prediction;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.topology.StreamsService;
import io.streamgrad.topology.TestBatches;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The oracle over what at-least-once processing leaves behind after a crash. */
class AtLeastOnceIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(40, 8);

  private static ServiceConfig trained;
  private static List<PredictionBatch> once;

  @BeforeAll
  static void train() throws Exception {
    trained = broker.config("repeating", Map.of("processing-guarantee", "at_least_once"));
    List<byte[]> values = new ArrayList<>();
    BATCHES.forEach(batch -> values.add(batch.toByteArray()));
    values.add(new byte[] {1, 2, 3}); // a bad one
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(trained, metrics)) {
      broker.send("repeating.images", values);
      OracleBroker.awaitCommitted(service, trained, values.size());
    }
    once = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : broker.read("repeating.predictions")) {
      once.add(PredictionBatch.parseFrom(record.value()));
    }
    assertThat(once).hasSize(BATCHES.size());
  }

  @Test
  void givenBatchesThatArePredictedAgainThenTheyAreCounted() {
    List<PredictionBatch> predictions = new ArrayList<>(once.subList(0, 30));
    // Their weights were stored up to batch 27, and their offsets were not committed.
    for (int batch = 20; batch < 28; batch++) {
      predictions.add(predicted(batch, 28));
    }
    predictions.addAll(once.subList(28, once.size()));

    VerificationReport report = verify("again", predictions, Map.of());

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.repeated()).isEqualTo(8 + 2);
    assertThat(report.notChecked()).isZero();
    assertThat(report.predictions()).isEqualTo(BATCHES.size());
    assertThat(report.summary())
        .startsWith(
            "agrees: 40 updates, 40 predictions, 1 dead letters, 10 outputs repeated (at least"
                + " once), committed");
    VerificationReport exactly =
        verify("again", predictions, Map.of("processing-guarantee", "exactly_once_v2"));
    assertThat(exactly.counts()).containsExactly(Map.entry(Kind.EXTRA_PREDICTION, 10L));
  }

  @Test
  void givenAFirstPredictionThatWasLostThenTheOneByNewerWeightsCounts() {
    List<PredictionBatch> predictions = new ArrayList<>(once.subList(0, 20));
    for (int batch = 20; batch < 28; batch++) {
      predictions.add(predicted(batch, 28));
    }
    predictions.addAll(once.subList(28, once.size()));

    VerificationReport report = verify("lost", predictions, Map.of());

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.repeated()).isZero();
    assertThat(report.predictions()).isEqualTo(BATCHES.size());
  }

  @Test
  void givenAnAgainThatNoWeightsMakeThenItIsWrong() {
    PredictionBatch.Builder tampered = predicted(22, 28).toBuilder();
    tampered.setConfidences(0, Math.nextUp(tampered.getConfidences(0)));
    List<PredictionBatch> wrong =
        List.of(
            tampered.build(),
            predicted(23, 28).toBuilder().setModelVersion(27).build(),
            predicted(24, 20), // older than the first one's
            once.get(25).toBuilder().clearScore().build());
    List<PredictionBatch> predictions = new ArrayList<>(once.subList(0, 30));
    predictions.addAll(wrong);
    predictions.addAll(once.subList(30, once.size()));

    VerificationReport report = verify("wrong", predictions, Map.of());

    assertThat(report.repeated()).isEqualTo(4);
    assertThat(report.disagreements())
        .allMatch(d -> d.kind() == Kind.WRONG_PREDICTION)
        .extracting(Disagreement::place)
        .containsExactlyInAnyOrder(
            "repeating.images-0@22",
            "repeating.images-0@23",
            "repeating.images-0@24",
            "repeating.images-0@25");
  }

  @Test
  void givenADeadLetterAgainThenItIsCounted() {
    broker.createTopic("repeating.letters");
    for (int i = 0; i < 2; i++) {
      broker
          .read("repeating.dead-letters")
          .forEach(letter -> broker.copy(letter, "repeating.letters"));
    }
    VerificationReport report =
        verify("letters", once, Map.of("topics.dead-letters", "repeating.letters"));

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.deadLetters()).isEqualTo(1);
    assertThat(report.repeated()).isEqualTo(1);
  }

  private static VerificationReport verify(
      String name, List<PredictionBatch> predictions, Map<String, String> more) {
    String topic = "repeating.predictions." + name;
    if (more.getOrDefault("processing-guarantee", "").isEmpty()) {
      broker.createTopic(topic);
      broker.send(topic, predictions.stream().map(PredictionBatch::toByteArray).toList());
    }
    Map<String, String> settings = new HashMap<>();
    settings.put("processing-guarantee", "at_least_once");
    settings.put("topics.predictions", topic);
    settings.putAll(more);
    return Verifier.verify(broker.config("repeating", settings), Verifier.Scope.ALL);
  }

  /** What a plain learner predicts for a batch when it has learned so many of the first ones. */
  private static PredictionBatch predicted(int batch, int learned) {
    Learner learner = new Learner(trained.model("a"));
    ModelState state = ModelState.initial(trained.model("a"));
    for (ImageBatch next : BATCHES.subList(0, learned)) {
      MiniBatch mini = mini(next);
      learner.learn(state, mini, learner.predict(state, mini));
    }
    Prediction prediction = learner.predict(state, mini(BATCHES.get(batch)));
    PredictionBatch.Builder message =
        once.get(batch).toBuilder()
            .setModelVersion(learned)
            .clearClasses()
            .clearConfidences()
            .setScore(
                BatchScore.newBuilder()
                    .setCorrect(prediction.correct())
                    .setMeanLoss(prediction.meanLoss()));
    for (int i = 0; i < prediction.images(); i++) {
      message.addClasses(prediction.classes()[i]).addConfidences(prediction.confidence(i));
    }
    return message.build();
  }

  private static MiniBatch mini(ImageBatch batch) {
    return MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray());
  }
}
