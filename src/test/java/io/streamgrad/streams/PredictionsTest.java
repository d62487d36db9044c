package io.streamgrad.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.JsonFormat;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.ReturnedHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionsTest {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(25, 7);

  @TempDir private Path directory;

  @Test
  void eachPredictionIsThatOfALearnerWithoutKafkaBeforeItLearnsTheBatch() {
    try (TopologyRun run = run(Map.of("outputs.probabilities", "true"))) {
      BATCHES.forEach(batch -> run.send("a", batch));

      List<PredictionBatch> made = run.predictions();

      List<Prediction> expected = plain(run, new ArrayList<>());
      assertThat(made).hasSize(25);
      for (int i = 0; i < 25; i++) {
        PredictionBatch prediction = made.get(i);
        Prediction plain = expected.get(i);
        assertThat(prediction.getModelVersion()).isEqualTo(i);
        assertThat(prediction.getClassesList())
            .containsExactly(Arrays.stream(plain.classes()).boxed().toArray(Integer[]::new));
        assertThat(prediction.getProbabilitiesList()).isEqualTo(list(plain.probabilities()));
        assertThat(prediction.getConfidences(0)).isEqualTo(plain.confidence(0));
        Evaluation evaluation = Evaluation.of(plain, mini(BATCHES.get(i)));
        assertThat(prediction.getScore().getCorrect()).isEqualTo(evaluation.correct());
        assertThat(prediction.getScore().getMeanLoss()).isEqualTo(evaluation.meanLoss());
      }
    }
  }

  /** What does not fit is left out, and the content type is the prediction's own. */
  @Test
  void theHeadersOfABatchComeBackWithItsPrediction() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("traceparent", new byte[] {1, 2});
    headers.add("Content-Type", "application/x-protobuf".getBytes(StandardCharsets.UTF_8));
    headers.add("much", new byte[ReturnedHeaders.MAX_BYTES]);
    headers.add("traceparent", null);
    try (TopologyRun run = run(Map.of("outputs.format", "json"))) {
      run.send(
          new TestRecord<>(new byte[] {'a'}, BATCHES.get(0).toByteArray(), headers, Instant.EPOCH));

      RecordHeaders expected = new RecordHeaders();
      expected.add("traceparent", new byte[] {1, 2});
      expected.add("traceparent", null);
      ContentType.JSON.mark(expected);
      assertThat(run.raw("streamgrad.predictions").get(0).headers()).isEqualTo(expected);
    }
  }

  @Test
  void theWholeStateIsThatOfALearnerWithoutKafka() {
    try (TopologyRun run = run(Map.of("model.optimizer.type", "adam"))) {
      BATCHES.forEach(batch -> run.send("a", batch));

      List<ModelState> states = new ArrayList<>();
      plain(run, states);
      ModelEntry stored = run.model("a");
      assertThat(ModelCodec.encode(stored))
          .isEqualTo(ModelCodec.encode(new ModelEntry(states.get(0), stored.lineage())));
      assertThat(stored.lineage().offset()).isEqualTo(24);
    }
  }

  @Test
  void aPredictionSaysWhichRecordAndBatchItIsFor() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", BATCHES.get(0));
      run.send("b", BATCHES.get(1).toBuilder().setBatchId("second").build());

      PredictionBatch second = run.predictions().get(1);

      assertThat(second.getModel()).isEqualTo("b");
      assertThat(second.getBatchId()).isEqualTo("second");
      assertThat(second.getInput().getTopic()).isEqualTo("streamgrad.images");
      assertThat(second.getInput().getPartition()).isZero();
      assertThat(second.getInput().getOffset()).isEqualTo(1);
    }
  }

  @Test
  void probabilitiesAreLeftOutUnlessConfigured() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", BATCHES.get(0));

      PredictionBatch made = run.predictions().get(0);

      assertThat(made.getProbabilitiesCount()).isZero();
      assertThat(made.getConfidencesCount()).isEqualTo(made.getClassesCount()).isPositive();
    }
  }

  @Test
  void unlabeledBatchesInBetweenChangeNoWeights() {
    try (TopologyRun run = run(Map.of())) {
      BATCHES.forEach(
          batch -> {
            run.send("a", batch.toBuilder().clearLabels().build());
            run.send("a", batch);
          });

      assertThat(run.predictions()).hasSize(50);
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES));
    }
  }

  @Test
  void aBatchInJsonIsLearnedAsTheSameInProtobuf() throws Exception {
    try (TopologyRun run = run(Map.of())) {
      for (ImageBatch batch : BATCHES) {
        RecordHeaders headers = new RecordHeaders();
        headers.add("content-type", utf8("application/json; charset=utf-8"));
        run.send(new TestRecord<>(utf8("a"), utf8(JsonFormat.printer().print(batch)), headers));
      }

      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES));
    }
  }

  @Test
  void predictionsAreWrittenInJsonWhereConfigured() throws Exception {
    try (TopologyRun run = run(Map.of("outputs.format", "json"))) {
      run.send("a", BATCHES.get(0));

      TestRecord<byte[], byte[]> record = run.raw("streamgrad.predictions").get(0);

      PredictionBatch.Builder parsed = PredictionBatch.newBuilder();
      JsonFormat.parser().merge(new String(record.value(), StandardCharsets.UTF_8), parsed);
      assertThat(parsed.getModel()).isEqualTo("a");
      assertThat(parsed.getClassesCount()).isEqualTo(BATCHES.get(0).getLabels().size());
      assertThat(record.headers().lastHeader("content-type").value())
          .isEqualTo(utf8("application/json"));
    }
  }

  private TopologyRun run(Map<String, String> overrides) {
    Map<String, String> all = new HashMap<>(overrides);
    all.put("reports.every-images", "1000000");
    return new TopologyRun(directory, all);
  }

  /** Learns the batches without Kafka; adds the state they lead to. */
  private static List<Prediction> plain(TopologyRun run, List<ModelState> states) {
    Learner learner = new Learner(run.config().model("a"));
    ModelState state = ModelState.initial(run.config().model("a"));
    states.add(state);
    List<Prediction> predictions = new ArrayList<>();
    for (ImageBatch batch : BATCHES) {
      MiniBatch mini = mini(batch);
      Prediction prediction = learner.predict(state, mini);
      UpdateOutcome outcome = Steps.learn(learner, state, mini, prediction);
      state.remember(predictions.size(), outcome, Evaluation.of(prediction, mini));
      predictions.add(prediction);
    }
    return predictions;
  }

  private static MiniBatch mini(ImageBatch batch) {
    return MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray());
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
