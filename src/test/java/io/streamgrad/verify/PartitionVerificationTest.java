package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.wire.DeadLetterHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The oracle over outputs that are repeated, foreign, or lie where they do not belong. */
class PartitionVerificationTest {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(40, 8);
  private static final int BAD = BATCHES.size(); // the offset of a bad record after them
  private static final TopicPartition INPUT = new TopicPartition("images", 0);
  private static final ServiceConfig CONFIG =
      ConfigLoader.load(
          null, Map.of(), Map.of("kafka.bootstrap.servers", "none:1", "model.layers", "[4, 5, 3]"));
  private static final List<PredictionBatch> ONCE =
      IntStream.range(0, BATCHES.size()).mapToObj(i -> predicted(i, i)).toList();

  @Test
  void givenBatchesThatArePredictedAgainThenTheyAreCounted() {
    List<PredictionBatch> predictions = new ArrayList<>(ONCE.subList(0, 30));
    // Their weights were stored up to batch 27, and their offsets were not committed.
    for (int batch = 20; batch < 28; batch++) {
      predictions.add(predicted(batch, 28));
    }
    predictions.addAll(ONCE.subList(28, ONCE.size()));

    Findings found = verify(predictions, 1, true);

    assertThat(found.kept()).isEmpty();
    assertThat(found.repeatedOutputs()).isEqualTo(8 + 2);
    assertThat(found.outputsNotChecked()).isZero();
    assertThat(verify(predictions, 1, false).counts())
        .containsExactly(Map.entry(Kind.EXTRA_PREDICTION, 10L));
  }

  @Test
  void givenAFirstPredictionThatWasLostThenTheOneByNewerWeightsCounts() {
    List<PredictionBatch> predictions = new ArrayList<>(ONCE.subList(0, 20));
    for (int batch = 20; batch < 28; batch++) {
      predictions.add(predicted(batch, 28));
    }
    predictions.addAll(ONCE.subList(28, ONCE.size()));

    Findings found = verify(predictions, 1, true);

    assertThat(found.kept()).isEmpty();
    assertThat(found.repeatedOutputs()).isZero();
  }

  @Test
  void givenASecondPredictionThatNoWeightsMakeThenItIsWrong() {
    PredictionBatch.Builder tampered = predicted(22, 28).toBuilder();
    tampered.setConfidences(0, Math.nextUp(tampered.getConfidences(0)));
    List<PredictionBatch> wrong =
        List.of(
            tampered.build(),
            predicted(23, 28).toBuilder().setModelVersion(27).build(),
            predicted(24, 20), // older than the first one's
            ONCE.get(25).toBuilder().clearScore().build());
    List<PredictionBatch> predictions = new ArrayList<>(ONCE.subList(0, 30));
    predictions.addAll(wrong);
    predictions.addAll(ONCE.subList(30, ONCE.size()));

    Findings found = verify(predictions, 1, true);

    assertThat(found.repeatedOutputs()).isEqualTo(4);
    assertThat(found.kept())
        .allMatch(d -> d.kind() == Kind.WRONG_PREDICTION)
        .extracting(Disagreement::place)
        .containsExactlyInAnyOrder("images-0@22", "images-0@23", "images-0@24", "images-0@25");
  }

  @Test
  void givenWeightsOfTheLastVersionOrALaterOneThenTheyAreJudgedAsFarAsTheyAreKnown() {
    int last = BATCHES.size();
    PredictionBatch.Builder tampered = predicted(20, last).toBuilder();
    tampered.setConfidences(0, Math.nextUp(tampered.getConfidences(0)));
    List<PredictionBatch> predictions = new ArrayList<>(ONCE.subList(0, 30));
    predictions.add(tampered.build());
    predictions.add(predicted(21, last).toBuilder().setModelVersion(last + 1L).build());
    predictions.addAll(ONCE.subList(30, ONCE.size()));

    Findings found = verify(predictions, 1, true);

    assertThat(found.outputsNotChecked()).isOne();
    assertThat(found.kept())
        .singleElement()
        .satisfies(
            wrong -> {
              assertThat(wrong.kind()).isEqualTo(Kind.WRONG_PREDICTION);
              assertThat(wrong.place()).isEqualTo("images-0@20");
              assertThat(wrong.toString()).contains("by newer weights, differs in confidences");
            });
  }

  @Test
  void givenADeadLetterAgainThenItIsCounted() {
    Findings found = verify(ONCE, 2, true);

    assertThat(found.kept()).isEmpty();
    assertThat(found.deadLetters()).isEqualTo(1);
    assertThat(found.repeatedOutputs()).isEqualTo(1);
    assertThat(verify(ONCE, 2, false).counts())
        .containsExactly(Map.entry(Kind.EXTRA_DEAD_LETTER, 1L));
  }

  @Test
  void givenAPredictionThatLiesTooEarlyThenItIsExtraAndHidesNoOther() {
    List<PredictionBatch> predictions = new ArrayList<>(ONCE);
    predictions.add(5, ONCE.get(35));

    Findings found = verify(predictions, 1, false);

    assertThat(found.kept())
        .extracting(Disagreement::toString)
        .singleElement()
        .asString()
        .startsWith(
            "extra prediction: model \"a\", input images-0@35: predictions-0@5 is a second");
  }

  @Test
  void givenForeignPredictionsThenEachIsFoundWithItsPlace() {
    List<byte @Nullable []> published = new ArrayList<>();
    ONCE.forEach(prediction -> published.add(prediction.toByteArray()));
    published.add(7, null);
    published.add(9, new byte[] {0x0f});

    assertThat(verify(log("predictions", published), 1, false).kept())
        .extracting(Disagreement::toString)
        .satisfiesExactly(
            first ->
                assertThat(first)
                    .isEqualTo(
                        "foreign record: predictions-0@7 is no prediction: not a PredictionBatch:"
                            + " there is no value"),
            second ->
                assertThat(second)
                    .startsWith("foreign record: predictions-0@9 is no prediction: "));
  }

  /** What is found in these predictions, and the bad record's dead letter so many times. */
  private static Findings verify(
      List<PredictionBatch> predictions, int letters, boolean mayRepeat) {
    List<byte[]> published = predictions.stream().map(PredictionBatch::toByteArray).toList();
    return verify(log("predictions", published), letters, mayRepeat);
  }

  private static Findings verify(LogCursor predictions, int letters, boolean mayRepeat) {
    Findings findings = new Findings();
    Subject subject = new Subject(INPUT, 1, name -> true);
    Replay replay =
        new Replay(
            CONFIG,
            new PlacementHistory(CONFIG, 1, List.of()),
            subject.models(),
            Set.of(),
            new InitialSpecs(CONFIG, List.of(), ""),
            null,
            (n, t) -> null);
    PartitionVerification verification =
        new PartitionVerification(
            INPUT,
            new Beginnings(INPUT, 0, AdoptionHistory.NONE, replay),
            AdoptionHistory.NONE,
            mayRepeat,
            replay,
            CONFIG,
            findings);
    List<byte[]> values = new ArrayList<>(BATCHES.stream().map(ImageBatch::toByteArray).toList());
    values.add(new byte[] {1, 2, 3});
    long end = values.size();
    try (LogCursor batches = log(INPUT.topic(), values);
        Outputs<PredictionBatch> found =
            outputs(predictions, end, new PredictionReader(subject), findings);
        Outputs<String> bad =
            outputs(letters(letters), end, new DeadLetterReader(subject, "default"), findings);
        Outputs<ModelSnapshot> none = new Outputs<>(List.of(), true)) {
      verification.run(batches, found, bad, none, null, 0);
      verification.finish(found, bad, none, ReplayRange.of(0, end, end, Long.MAX_VALUE));
    }
    return findings;
  }

  private static <T> Outputs<T> outputs(
      LogCursor log, long end, Outputs.Reader<T> reader, Findings findings) {
    return new Outputs<>(
        List.of(new OutputPartition<>(log, end, reader, findings::foreign)), false);
  }

  private static LogCursor letters(int times) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      ConsumerRecord<byte[], byte[]> letter = record("letters", i, new byte[] {1, 2, 3});
      Map.of(
              DeadLetterHeaders.REASON,
              "unreadable",
              DeadLetterHeaders.TOPIC,
              INPUT.topic(),
              DeadLetterHeaders.PARTITION,
              "0",
              DeadLetterHeaders.OFFSET,
              Integer.toString(BAD))
          .forEach(
              (name, text) -> letter.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
      records.add(letter);
    }
    return cursor("letters", records);
  }

  private static LogCursor log(String topic, List<byte @Nullable []> values) {
    return cursor(
        topic,
        IntStream.range(0, values.size()).mapToObj(i -> record(topic, i, values.get(i))).toList());
  }

  private static ConsumerRecord<byte[], byte[]> record(
      String topic, int offset, byte @Nullable [] value) {
    return new ConsumerRecord<>(topic, 0, offset, new byte[] {'a'}, value);
  }

  private static LogCursor cursor(String topic, List<ConsumerRecord<byte[], byte[]>> records) {
    MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    TopicPartition partition = new TopicPartition(topic, 0);
    LogCursor cursor =
        new LogCursor(consumer, partition, 0, records.size(), Duration.ofSeconds(10));
    consumer.updateBeginningOffsets(Map.of(partition, 0L));
    records.forEach(consumer::addRecord);
    return cursor;
  }

  /** What a plain learner predicts for a batch when it has learned so many of the first ones. */
  private static PredictionBatch predicted(int batch, int learned) {
    Learner learner = new Learner(CONFIG.model("a"));
    ModelState state = ModelState.initial(CONFIG.model("a"));
    for (ImageBatch next : BATCHES.subList(0, learned)) {
      MiniBatch mini = mini(next);
      Steps.take(learner, state, mini);
    }
    Prediction prediction = learner.predict(state, mini(BATCHES.get(batch)));
    Evaluation evaluation = Evaluation.of(prediction, mini(BATCHES.get(batch)));
    PredictionBatch.Builder message =
        PredictionBatch.newBuilder()
            .setModel("a")
            .setModelVersion(learned)
            .setInput(InputPosition.newBuilder().setTopic(INPUT.topic()).setOffset(batch))
            .setScore(
                BatchScore.newBuilder()
                    .setCorrect(evaluation.correct())
                    .setMeanLoss(evaluation.meanLoss()));
    for (int i = 0; i < prediction.images(); i++) {
      message.addClasses(prediction.classes()[i]).addConfidences(prediction.confidence(i));
    }
    return message.build();
  }

  private static MiniBatch mini(ImageBatch batch) {
    return MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray());
  }
}
