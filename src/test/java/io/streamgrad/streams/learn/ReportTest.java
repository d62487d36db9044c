package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ReportsConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.MetricsReport.Reason;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.v1.Score;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportTest {
  private static final ImageBatch THREE_IMAGES =
      ImageBatch.newBuilder()
          .setHeight(2)
          .setWidth(2)
          .setPixels(
              ByteString.copyFrom(new byte[] {1, 2, 3, 4, 90, 80, 70, 60, -1, -2, -30, -100}))
          .setLabels(ByteString.copyFrom(new byte[] {0, 1, 2}))
          .build();

  @TempDir private Path directory;

  @Test
  void aReportComesWithTheBatchThatFillsTheWindow() {
    try (TopologyRun run = new TopologyRun(directory, Map.of("reports.every-images", "7"))) {
      for (int i = 0; i < 7; i++) {
        run.send("a", THREE_IMAGES);
      }

      List<MetricsReport> made = run.reports();

      assertThat(made).extracting(r -> r.getInput().getOffset()).containsExactly(2L, 5L);
      assertThat(made).extracting(MetricsReport::getModelVersion).containsExactly(3L, 6L);
      assertThat(made).extracting(MetricsReport::getReason).containsOnly(Reason.REASON_IMAGES);
      assertThat(made).extracting(r -> r.getWindow().getImages()).containsExactly(9L, 9L);
      assertThat(made).extracting(r -> r.getWindow().getBatches()).containsExactly(3L, 3L);
      assertThat(made).extracting(r -> r.getLifetime().getImages()).containsExactly(9L, 18L);
    }
  }

  @Test
  void aReportComesWhenTheRecordsTimeHasPassedAndTheNextWindowBeginsThere() {
    try (TopologyRun run = new TopologyRun(directory, Map.of("reports.every", "10s"))) {
      for (long time : new long[] {1000, 10_999, 11_000, 20_999, 21_000}) {
        run.send("a", THREE_IMAGES, time);
      }

      List<MetricsReport> made = run.reports();

      assertThat(made).extracting(MetricsReport::getReason).containsOnly(Reason.REASON_TIME);
      assertThat(made).extracting(r -> r.getInput().getOffset()).containsExactly(2L, 4L);
      assertThat(made).extracting(MetricsReport::getImagesPerSecond).containsExactly(0.9, 0.6);
    }
  }

  /** In years, what a time stamp of wrong units or a clock without battery gives. */
  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, 1_700_000_000_000_000L, 4_000_000_000_000L, 200_000})
  void aTimeStampFarAheadDoesNotSilenceTheReportsThatFollow(long farAhead) {
    try (TopologyRun run = new TopologyRun(directory, Map.of("reports.every", "10s"))) {
      for (long time : new long[] {0, farAhead, 1000, 6000, 11_000, farAhead, farAhead, 21_000}) {
        run.send("a", THREE_IMAGES, time);
      }
      run.send("a", THREE_IMAGES, 31_000);

      List<MetricsReport> made = run.reports();

      assertThat(made).extracting(MetricsReport::getReason).containsOnly(Reason.REASON_TIME);
      assertThat(made).extracting(r -> r.getInput().getOffset()).containsExactly(1L, 4L, 5L, 8L);
      assertThat(made.get(0).getImagesPerSecond()).isBetween(0.0, 0.031);
      assertThat(made.get(1).getImagesPerSecond()).isEqualTo(0.9);
      assertThat(made.get(2).getImagesPerSecond()).isBetween(0.0, 0.016);
      assertThat(made.get(3).getImagesPerSecond()).isEqualTo(0.9);
    }
  }

  @Test
  void aModelThatBeginsWithATimeStampFarAheadIsReportedOn() {
    try (TopologyRun run = new TopologyRun(directory, Map.of("reports.every", "10s"))) {
      for (long time : new long[] {Long.MAX_VALUE, 1000, 11_000, 21_000}) {
        run.send("a", THREE_IMAGES, time);
      }

      assertThat(run.reports()).extracting(r -> r.getInput().getOffset()).containsExactly(2L, 3L);
    }
  }

  @Test
  void batchesThatAreALittleLateChangeNothing() {
    try (TopologyRun run = new TopologyRun(directory, Map.of("reports.every", "10s"))) {
      for (long time : new long[] {100_000, 101_000, 1000, 100_500, 109_999, 2000, 110_000}) {
        run.send("a", THREE_IMAGES, time);
      }

      List<MetricsReport> made = run.reports();

      assertThat(made).extracting(r -> r.getInput().getOffset()).containsExactly(6L);
      assertThat(made.get(0).getImagesPerSecond()).isEqualTo(2.1);
    }
  }

  @Test
  void aTimeStampOfLongAgoBringsOneReportForwardAndNoMore() {
    try (TopologyRun run = new TopologyRun(directory, Map.of("reports.every", "10s"))) {
      long now = 1_700_000_000_000L;
      for (long time : new long[] {now, now + 1000, 0, now + 2000, now + 3000, now + 12_000}) {
        run.send("a", THREE_IMAGES, time);
      }

      List<MetricsReport> made = run.reports();

      assertThat(made).extracting(r -> r.getInput().getOffset()).containsExactly(3L, 5L);
      assertThat(made.get(0).getImagesPerSecond()).isBetween(0.0, 1e-6);
      assertThat(made.get(1).getImagesPerSecond()).isEqualTo(0.6);
    }
  }

  /** The window's start is all of it that is stored. */
  @Test
  void reportsAreTheSameIfTheModelIsRestoredAfterEachBatch() {
    ReportsConfig config = TopologyRun.config(directory, Map.of("reports.every", "10s")).reports();
    ModelState state = ModelState.initial(TopologyRun.config(directory, Map.of()).model("a"));
    Random random = new Random(18);
    long[] odd = {0, 1000, 4_000_000_000_000L, Long.MAX_VALUE};
    ReportWindow running = ReportWindow.of(-1, 0, 0, config);
    ModelEntry stored = new ModelEntry(state, new Lineage(0, -1, -1));
    for (int batch = 0; batch < 1_000; batch++) {
      long time =
          random.nextInt(10) == 0
              ? odd[random.nextInt(odd.length)]
              : 1_700_000_000_000L + 500L * batch + random.nextInt(2000);
      long images = running.images() + 3;
      running = ReportWindow.of(batch == 0 ? -1 : running.start(), time, images, config);
      ReportWindow restored =
          ReportWindow.of(
              ModelCodec.decode(ModelCodec.encode(stored)).lineage().windowStart(),
              time,
              images,
              config);
      assertThat(restored).isEqualTo(running);
      Reason due = running.due(UpdateOutcome.UPDATED, null, config);
      assertThat(restored.due(UpdateOutcome.UPDATED, null, config)).isEqualTo(due);
      assertThat(running.of(state).imagesPerSecond()).isBetween(0.0, images * 1000.0);
      running = ReportWindow.endsWith(due) ? running.next() : running;
      stored = new ModelEntry(state, new Lineage(0, batch, running.start()));
    }
  }

  @Test
  void aReportAddsUpTheScoresOfItsPredictions() {
    try (TopologyRun run = new TopologyRun(directory, Map.of("reports.every-images", "12"))) {
      for (int i = 0; i < 8; i++) {
        run.send("a", THREE_IMAGES);
      }

      List<PredictionBatch> predictions = run.predictions();
      MetricsReport second = run.reports().get(1);

      assertAddsUp(second.getWindow(), predictions.subList(4, 8));
      assertAddsUp(second.getLifetime(), predictions);
    }
  }

  private static void assertAddsUp(Score score, List<PredictionBatch> predictions) {
    long correct = predictions.stream().mapToLong(p -> p.getScore().getCorrect()).sum();
    assertThat(score.getCorrect()).isEqualTo(correct);
    assertThat(score.getAccuracy()).isEqualTo((double) correct / score.getImages());
    assertThat(score.getMeanLoss())
        .isCloseTo(
            predictions.stream().mapToDouble(p -> p.getScore().getMeanLoss()).average().orElse(-1),
            within(1e-12));
    long diagonal = score.getConfusion(0) + score.getConfusion(4) + score.getConfusion(8);
    assertThat(diagonal).isEqualTo(correct);
    assertThat(score.getConfusionList().stream().mapToLong(n -> n).sum())
        .isEqualTo(score.getImages());
  }

  @Test
  void unlabeledBatchesAreInNoReport() {
    try (TopologyRun run = new TopologyRun(directory, Map.of("reports.every-images", "1"))) {
      run.send("a", THREE_IMAGES.toBuilder().clearLabels().build());
      run.send("a", THREE_IMAGES);

      List<MetricsReport> made = run.reports();

      assertThat(made).hasSize(1);
      assertThat(made.get(0).getLifetime().getImages()).isEqualTo(3);
    }
  }

  private static final Map<String, String> EXPLODING =
      Map.of(
          "model.learning-rate.initial", "1e6",
          "model.averaging", "0",
          "model.layers", "[4, 16, 3]",
          "model.max-skipped-in-a-row", "2",
          "reports.every-images", "6");

  @Test
  void skippedUpdatesAreReportedAtOnceAndThenThatTheModelHasDiverged() {
    try (TopologyRun run = new TopologyRun(directory, EXPLODING)) {
      for (int i = 0; i < 8; i++) {
        run.send("a", THREE_IMAGES);
      }

      List<MetricsReport> events =
          run.reports().stream().filter(r -> r.getReason() != Reason.REASON_IMAGES).toList();

      assertThat(events)
          .extracting(MetricsReport::getReason)
          .containsExactly(Reason.REASON_UPDATE_SKIPPED, Reason.REASON_DIVERGED);
      assertThat(events).extracting(MetricsReport::getUpdatesSkipped).containsExactly(1L, 2L);
      assertThat(events).extracting(MetricsReport::getDiverged).containsExactly(false, true);
      assertThat(events.get(1).getModelVersion()).isZero(); // its initial weights
      assertThat(run.predictions())
          .hasSize(8)
          .allSatisfy(p -> assertThat(p.getConfidencesList()).allMatch(Float::isFinite));
    }
  }

  /** Who adds windows up gets every image once, and knows how many were learned from. */
  @Test
  void reportsOfEventsHaveNoWindowAndTheOthersHaveEveryImageOnce() {
    try (TopologyRun run = new TopologyRun(directory, EXPLODING)) {
      for (int i = 0; i < 12; i++) {
        run.send("a", THREE_IMAGES);
      }

      List<MetricsReport> made = run.reports();

      assertThat(made).extracting(MetricsReport::getReason).contains(Reason.REASON_DIVERGED);
      assertThat(made)
          .allSatisfy(
              r -> assertThat(r.hasWindow()).isEqualTo(r.getReason() == Reason.REASON_IMAGES));
      assertThat(made.stream().mapToLong(r -> r.getWindow().getImages()).sum()).isEqualTo(36);
      MetricsReport last = made.get(made.size() - 1);
      assertThat(last.getLifetime().getImages()).isEqualTo(36);
      assertThat(last.getLifetime().getBatches()).isEqualTo(12);
      assertThat(last.getBatchesLearned()).isPositive().isLessThan(12 - 2);
      assertThat(last.getImagesLearned()).isEqualTo(3 * last.getBatchesLearned());
    }
  }

  /** An alert on it would seem to be over at every restart. */
  @Test
  void theMetersOfAModelAreThereFromTheMomentItIsLoaded() {
    try (TopologyRun run = new TopologyRun(directory, EXPLODING);
        ServiceMetrics metrics = new ServiceMetrics(run.config(), List.of())) {
      for (int i = 0; i < 8; i++) {
        run.send("a", THREE_IMAGES);
      }

      LearnStep step = new LearnStep(run.config(), metrics);
      step.init(run.weights(), new PendingImages(run.config(), 0, null));
      run.weights().forEach(step::begin);

      assertThat(metrics.scrape())
          .contains("streamgrad_model_diverged{model=\"a\"} 1.0")
          .contains("streamgrad_images_total{model=\"a\"} 24.0")
          .contains("streamgrad_updates_skipped_total{model=\"a\"} 2.0")
          .contains("streamgrad_diverged_models 1.0")
          .doesNotContain("streamgrad_accuracy_ratio{");
    }
  }

  /** The last images of a topic may never see a report. */
  @ParameterizedTest
  @ValueSource(strings = {"exactly_once_v2", "at_least_once"})
  void everyBatchIsCountedByTheMetersBeforeItsReport(String guarantee) {
    try (TopologyRun run =
        new TopologyRun(
            directory,
            Map.of(
                "processing-guarantee", guarantee,
                "reports.every-images", "1000",
                "reports.every", "1h"))) {
      for (int i = 0; i < 4; i++) {
        run.send("a", THREE_IMAGES);
      }
      run.send("a", THREE_IMAGES.toBuilder().clearLabels().build());

      assertThat(run.reports()).isEmpty();
      assertThat(run.metrics().scrape())
          .contains("streamgrad_images_total{model=\"a\"} 12.0")
          .contains("streamgrad_batches_total{model=\"a\"} 4.0")
          .contains("streamgrad_learned_images_total{model=\"a\"} 12.0")
          .contains("streamgrad_learned_batches_total{model=\"a\"} 4.0")
          .contains("streamgrad_model_version{model=\"a\"} 4.0")
          .contains("streamgrad_predicted_images_total{model=\"a\"} 3.0")
          .contains("streamgrad_all_images_total 12.0")
          .contains("streamgrad_all_learned_images_total 12.0")
          .contains("streamgrad_all_predicted_images_total 3.0");
    }
  }
}
