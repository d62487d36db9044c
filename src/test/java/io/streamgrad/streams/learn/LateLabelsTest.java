package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.PendingBatches;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DeadLetterHeaders;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels that come after their images: what each of them comes to. */
class LateLabelsTest {
  /** Of three images each. */
  private static final List<ImageBatch> BATCHES =
      TestBatches.labeled(200, 3).stream()
          .filter(batch -> batch.getLabels().size() == 3)
          .limit(8)
          .toList();

  @TempDir private Path directory;

  @Test
  void labelsRightAfterTheirImagesGiveTheBitsOfLabelsInTheBatch() {
    try (TopologyRun run = run(Map.of())) {
      for (int i = 0; i < BATCHES.size(); i++) {
        run.send("a", unlabeled(i));
        run.send("a", labels(i), 0);
      }
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES));
    }
  }

  /** The prediction says which weights made it; labels are scored by these. */
  @Test
  void labelsAreScoredByWhatPredictedThenAndLearnedByTheWeightsAsTheyAre() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0));
      run.send("a", unlabeled(1));
      run.send("a", labels(0), 0);
      run.send("a", labels(1), 0);

      PredictionBatch predicted = run.predictions().get(1);
      Applied applied = run.applied().get(1);
      assertThat(applied.getOutcome()).isEqualTo(Outcome.LEARNED);
      assertThat(applied.getPredictedByVersion()).isZero();
      assertThat(applied.getModelVersion()).isEqualTo(2);
      assertThat(applied.getImages()).isEqualTo(3);
      assertThat(applied.getInput()).isEqualTo(predicted.getInput());
      assertThat(applied.getLabels().getOffset()).isEqualTo(1);
      assertThat(applied.getImagesOffset()).isEqualTo(2);
      int correct = 0;
      for (int i = 0; i < 3; i++) {
        correct += predicted.getClasses(i) == BATCHES.get(1).getLabels().byteAt(i) ? 1 : 0;
      }
      assertThat(applied.getScore().getCorrect()).isEqualTo(correct);
      assertThat(run.model("a").state().lifetime().images()).isEqualTo(6);
    }
  }

  @Test
  void someLabelsOfABatchMayComeFirst() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0));
      run.send("a", some(0, 2), 0);
      run.send("a", some(0, 0, 1), 0);

      assertThat(run.applied()).extracting(Applied::getImages).containsExactly(1, 2);
      assertThat(run.model("a").state().version()).isEqualTo(2);
      assertThat(run.metrics().scrape()).contains("streamgrad_pending_images 0.0");
    }
  }

  /** The others are learned from with the batch, and these when their labels come. */
  @Test
  void someImagesOfABatchMayHaveNoLabelYet() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", BATCHES.get(0).toBuilder().addUnlabeled(1).build());
      PredictionBatch predicted = run.predictions().get(0);
      assertThat(predicted.getClassesCount()).isEqualTo(3);
      assertThat(run.model("a").state().lifetime().images()).isEqualTo(2);
      assertThat(run.metrics().scrape())
          .contains("streamgrad_pending_images 1.0")
          .contains("streamgrad_predicted_images_total{model=\"a\"} 1.0");
      run.send("a", labels(0), 0);

      assertThat(run.applied()).extracting(Applied::getImages).containsExactly(1);
      assertThat(run.model("a").state().lifetime().images()).isEqualTo(3);
      assertThat(run.model("a").state().version()).isEqualTo(2);
    }
  }

  @Test
  void labelsThatComeTwiceAreLearnedFromOnce() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0));
      run.send("a", some(0, 0), 0);
      run.send("a", labels(0), 0); // two of them are new
      run.send("a", labels(0), 0);
      run.send("a", BATCHES.get(1)); // has its own
      run.send("a", labels(1), 0);

      assertThat(run.applied())
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.LEARNED, Outcome.LEARNED, Outcome.REPEATED, Outcome.REPEATED);
      assertThat(run.model("a").state().version()).isEqualTo(3);
    }
  }

  @Test
  void labelsThatDifferFromKnownOnesChangeNothing() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0));
      run.send("a", some(0, 1), 0);
      String before = ModelCodec.stateSha256(run.model("a"));
      byte[] other = BATCHES.get(0).getLabels().toByteArray();
      other[1] = (byte) ((other[1] + 1) % 3);
      run.send("a", labels(0).toBuilder().setLabels(ByteString.copyFrom(other)).build(), 0);

      assertThat(run.applied().get(1).getOutcome()).isEqualTo(Outcome.CONFLICTING);
      assertThat(ModelCodec.stateSha256(run.model("a"))).isEqualTo(before);
    }
  }

  @Test
  void labelsBeforeTheirImagesTakeEffectWhenTheseCome() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0));
      run.send("a", labels(1), 0);
      run.send("a", byId("x", 2), 0);
      assertThat(run.model("a").state().version()).isZero();
      run.send("a", unlabeled(1));
      run.send("a", unlabeled(2).toBuilder().setBatchId("x").build());

      List<Applied> applied = run.applied();
      assertThat(applied)
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.HELD, Outcome.HELD, Outcome.LEARNED, Outcome.LEARNED);
      assertThat(applied.get(2).getLabels().getOffset()).isZero();
      assertThat(applied.get(2).getImagesOffset()).isEqualTo(2);
      assertThat(applied.get(3).getBatchId()).isEqualTo("x");
      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES.subList(1, 3)));
    }
  }

  @Test
  void onlySoManyLabelsWaitForTheirBatches() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0));
      for (int i = 0; i <= PendingBatches.MAX_EARLY; i++) {
        run.send("a", byId("never-" + i, 1), 0);
      }

      List<Applied> applied = run.applied();
      Applied last = applied.get(applied.size() - 1);
      assertThat(last.getOutcome()).isEqualTo(Outcome.EXPIRED);
      assertThat(last.getLabels().getOffset()).isZero();
      assertThat(applied).filteredOn(a -> a.getOutcome() == Outcome.EXPIRED).hasSize(1);
    }
  }

  @Test
  void aBatchMayBeNamedByItsIdAndThenIsTheLastOfThatName() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0).toBuilder().setBatchId("x").build());
      run.send("a", unlabeled(1).toBuilder().setBatchId("x").build());
      run.send("a", byId("x", 1), 0);

      Applied applied = run.applied().get(0);
      assertThat(applied.getOutcome()).isEqualTo(Outcome.LEARNED);
      assertThat(applied.getInput().getOffset()).isEqualTo(1);
    }
  }

  @Test
  void labelsOfNoBatchSaySo() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", labels(0), 0); // no model
      run.send("a", unlabeled(0));
      run.send("b", unlabeled(1));
      run.send("a", labels(1), 0); // another model's
      assertThat(run.applied())
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.UNKNOWN_BATCH, Outcome.UNKNOWN_BATCH);
      assertThat(run.weights().names()).containsExactly("a", "b");
    }
  }

  @Test
  void labelsThatAreNotAsManyAsTheImagesChangeNothing() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0));
      LabelBatch two = labels(0).toBuilder().setLabels(ByteString.copyFrom(new byte[2])).build();
      run.send("a", two, 0);
      run.send("a", two.toBuilder().addImages(0).addImages(3).build(), 0);

      assertThat(run.applied())
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.WRONG_COUNT, Outcome.WRONG_COUNT);
      assertThat(run.model("a").state().version()).isZero();
    }
  }

  @Test
  void afterTooManyImagesABatchIsNotWaitedForAnyMore() {
    try (TopologyRun run = run(Map.of("labels.wait-images", "7"))) {
      for (int i = 0; i < 4; i++) {
        run.send("a", unlabeled(i));
      }
      run.send("a", labels(1), 0);
      run.send("a", labels(2), 0);

      assertThat(run.applied())
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.EXPIRED, Outcome.LEARNED);
      assertThat(run.metrics().scrape())
          .contains("streamgrad_expired_images_total{reason=\"number\"} 6.0")
          .contains("streamgrad_pending_images 3.0");
    }
  }

  /** By the time that two records, one after the other, have reached. */
  @ParameterizedTest
  @CsvSource({"5000, 5000, EXPIRED", "5000, 10, LEARNED", "999, 999, LEARNED"})
  void afterSomeTimeABatchIsNotWaitedForAnyMore(long second, long third, Outcome outcome) {
    try (TopologyRun run = run(Map.of("labels.wait-time", "1s"))) {
      run.send("a", unlabeled(0), 0);
      run.send("a", unlabeled(1), second);
      run.send("a", unlabeled(2), third);
      run.send("a", labels(0), 0);

      assertThat(run.applied()).extracting(Applied::getOutcome).containsExactly(outcome);
      assertThat(run.metrics().scrape())
          .contains(
              "streamgrad_expired_images_total{reason=\"age\"} "
                  + (outcome == Outcome.EXPIRED ? "3.0" : "0.0"));
    }
  }

  @Test
  void aMeterSaysForHowLongTheOldestImageWaits() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0), 0);
      run.send("a", unlabeled(1), 400);
      run.send("a", unlabeled(2), 700);
      assertThat(run.metrics().scrape()).contains("streamgrad_pending_oldest_seconds 0.4");
      run.send("a", labels(0), 0);
      run.send("a", unlabeled(3), 900);
      assertThat(run.metrics().scrape()).contains("streamgrad_pending_oldest_seconds 0.3");
    }
  }

  @Test
  void labelsWhoseBatchDoesNotComeExpireToo() {
    try (TopologyRun run = run(Map.of("labels.wait-time", "1s"))) {
      run.send("a", unlabeled(0), 0);
      run.send("a", byId("never", 1), 0);
      run.send("a", unlabeled(1), 5000);
      run.send("a", unlabeled(2), 5000);

      assertThat(run.applied())
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.HELD, Outcome.EXPIRED);
      assertThat(Objects.requireNonNull(run.model("a").state().pending()).early()).isEmpty();
    }
  }

  /** They are in memory, and after a crash they could not be learned again. */
  @Test
  void labelsOfImagesThatAreKnownToBeDeletedAreNotLearned() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0), 0);
      run.send("a", unlabeled(1), 0);
      run.weights().input().imagesStart(1);
      run.send("a", labels(0), 0);
      run.send("a", labels(1), 0);

      assertThat(run.applied())
          .extracting(Applied::getOutcome)
          .containsExactly(Outcome.IMAGES_DELETED, Outcome.LEARNED);
    }
  }

  /** Its labels may still come, of some images at a time. */
  @Test
  void aBatchThatIsLargerThanBatchesMayBeByNowIsReadAgain() {
    TestInput log = new TestInput(0, 1, 1).add(0, new byte[] {'a'}, unlabeled(0).toByteArray());
    Map<String, String> settings = Map.of("model.max-batch-size", "2", "labels.wait-bytes", "0");
    ServiceConfig smaller = TopologyRun.config(directory, settings);
    try (PendingImages images = new PendingImages(smaller, 0, log)) {
      assertThat(Objects.requireNonNull(images.get("a", 0, smaller)).images()).isEqualTo(3);
    }
  }

  @Test
  void whatIsNoLabelsIsADeadLetter() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", LabelBatch.getDefaultInstance(), 0);
      run.send("a", labels(0).toBuilder().setBatchId("x").build(), 0);
      run.send("a", labels(0).toBuilder().clearLabels().build(), 0);
      run.send(
          "a", labels(0).toBuilder().setLabels(ByteString.copyFrom(new byte[] {9})).build(), 0);
      run.send(
          "a", labels(0).toBuilder().setInput(input(0).toBuilder().setPartition(1)).build(), 0);

      assertThat(run.raw("streamgrad.dead-letters"))
          .extracting(letter -> DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.REASON))
          .containsExactly("no-batch", "no-batch", "label-count", "label-out-of-range", "no-batch");
      assertThat(run.applied()).isEmpty();
    }
  }

  /** Labels of many models: each is as if it were alone. */
  @Test
  void modelsDoNotShareWhatWaits() {
    try (TopologyRun run = run(Map.of())) {
      run.send("a", unlabeled(0));
      run.send("b", unlabeled(1));
      run.send("b", labels(1), 0);
      run.send("a", labels(0), 0);

      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES.subList(0, 1)));
      assertThat(ModelCodec.weightsSha256(run.model("b")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "b", BATCHES.subList(1, 2)));
    }
  }

  private TopologyRun run(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("topics.labels", "streamgrad.labels");
    return new TopologyRun(directory, all);
  }

  private static ImageBatch unlabeled(int i) {
    return BATCHES.get(i).toBuilder().clearLabels().build();
  }

  /** Of the batch that was sent as the i-th record. */
  private static LabelBatch labels(int i) {
    return LabelBatch.newBuilder().setInput(input(i)).setLabels(BATCHES.get(i).getLabels()).build();
  }

  private static LabelBatch some(int i, int... images) {
    LabelBatch.Builder labels = LabelBatch.newBuilder().setInput(input(i));
    byte[] classes = new byte[images.length];
    for (int l = 0; l < images.length; l++) {
      classes[l] = BATCHES.get(i).getLabels().byteAt(images[l]);
      labels.addImages(images[l]);
    }
    return labels.setLabels(ByteString.copyFrom(classes)).build();
  }

  private static LabelBatch byId(String id, int i) {
    return LabelBatch.newBuilder().setBatchId(id).setLabels(BATCHES.get(i).getLabels()).build();
  }

  private static InputPosition input(long offset) {
    return InputPosition.newBuilder().setTopic("streamgrad.images").setOffset(offset).build();
  }
}
