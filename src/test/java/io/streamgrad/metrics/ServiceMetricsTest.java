package io.streamgrad.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.within;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.ScoreSnapshot;
import io.streamgrad.model.UpdateOutcome;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ServiceMetricsTest {
  private static final ServiceConfig CONFIG = ConfigLoader.load(null, Map.of(), Map.of());
  private static final ModelState STATE = ModelState.initial(CONFIG.model("mnist"));
  private static final Evaluation EVALUATION = new Evaluation(64, 60, 10);

  private final ServiceMetrics metrics =
      new ServiceMetrics(CONFIG, List.of("undecodable", "wrong-shape"));

  @AfterEach
  void close() {
    metrics.close();
  }

  @Test
  void theFiguresAreThoseOfTheMeters() {
    metrics.scored("mnist", STATE, EVALUATION, UpdateOutcome.UPDATED);
    metrics.learned("mnist", 64, 1);
    metrics.predictedUnlabeled("mnist", 5);
    metrics.deadLetter("wrong-shape");
    metrics.stepped(2_000_000);
    metrics.predictedAfter(30);
    metrics.predictedAfter(90);
    metrics.bindBehind(() -> 17);

    Figures figures = metrics.figures();

    assertThat(figures.images()).isEqualTo(64);
    assertThat(figures.correct()).isEqualTo(60);
    assertThat(figures.imagesLearned()).isEqualTo(64);
    assertThat(figures.batchesLearned()).isEqualTo(1);
    assertThat(figures.unlabeled()).isEqualTo(5);
    assertThat(figures.deadLetters())
        .containsOnly(entry("undecodable", 0.0), entry("wrong-shape", 1.0));
    assertThat(figures.behind()).isEqualTo(17);
    assertThat(figures.commitMillis()).as("before there is a stream").isNull();
    assertThat(figures.steps().count()).isEqualTo(1);
    assertThat(figures.steps().seconds()).isCloseTo(0.002, within(1e-9));
    assertThat(figures.inputToPrediction().buckets())
        .contains(
            new Figures.Bucket(0.025, 0), new Figures.Bucket(0.05, 1), new Figures.Bucket(0.1, 2));
  }

  @Test
  void givenTwoReportsWhenScrapedThenTheLatestIsShown() {
    metrics.report(status("mnist", 1, window(8, 2, 1, 9), window(8, 2, 1, 9)));
    metrics.report(status("mnist", 2, window(3, 1, 2, 4), window(11, 3, 3, 13)));

    Scrape scrape = scrape();

    assertThat(scrape.value("streamgrad_accuracy_ratio{model=\"mnist\"}"))
        .isCloseTo(0.7, within(1e-12));
    assertThat(scrape.value("streamgrad_loss_nats{model=\"mnist\"}")).isEqualTo(0.5);
    assertThat(scrape.value("streamgrad_lifetime_accuracy_ratio{model=\"mnist\"}"))
        .isCloseTo(0.8, within(1e-12));
    assertThat(scrape.value("streamgrad_images_total{model=\"mnist\"}")).isEqualTo(30);
    assertThat(scrape.value("streamgrad_batches_total{model=\"mnist\"}")).isEqualTo(3);
    assertThat(scrape.value("streamgrad_learned_images_total{model=\"mnist\"}")).isEqualTo(25);
    assertThat(scrape.value("streamgrad_learned_batches_total{model=\"mnist\"}")).isEqualTo(2);
    assertThat(scrape.value("streamgrad_class_recall_ratio{class=\"0\",model=\"mnist\"}"))
        .isEqualTo(0.75);
    assertThat(scrape.value("streamgrad_class_precision_ratio{class=\"1\",model=\"mnist\"}"))
        .isCloseTo(0.8, within(1e-12));
    assertThat(
            scrape.value(
                "streamgrad_confusion_images{label=\"1\",model=\"mnist\",predicted=\"0\"}"))
        .isEqualTo(2);
    assertThat(
            scrape.value(
                "streamgrad_confusion_images{label=\"0\",model=\"mnist\",predicted=\"1\"}"))
        .isEqualTo(1);
    assertThat(scrape.value("streamgrad_gradient_norm{model=\"mnist\"}")).isEqualTo(2.5);
    assertThat(scrape.value("streamgrad_weight_norm{model=\"mnist\"}")).isEqualTo(7.5);
    assertThat(scrape.value("streamgrad_learning_rate{model=\"mnist\"}")).isEqualTo(0.1);
    assertThat(scrape.value("streamgrad_model_version{model=\"mnist\"}")).isEqualTo(2);
    assertThat(scrape.value("streamgrad_updates_skipped_total{model=\"mnist\"}")).isEqualTo(4);
    assertThat(scrape.value("streamgrad_model_diverged{model=\"mnist\"}")).isEqualTo(1);
  }

  /** As when a model is loaded, or skips an update: nothing is said of a window. */
  @Test
  void givenAStatusWithoutAWindowThenTheWindowIsTheLastOneOrIsNotThere() {
    metrics.report(status("mnist", 1, (ModelStatus.Window) null, window(1, 0, 0, 1)));
    assertThat(scrape().value("streamgrad_model_diverged{model=\"mnist\"}")).isEqualTo(1);
    assertThat(scrape().series("streamgrad_accuracy_ratio")).isEmpty();

    metrics.report(status("mnist", 2, window(8, 2, 1, 9), window(8, 2, 1, 9)));
    metrics.report(status("mnist", 3, (ModelStatus.Window) null, window(9, 2, 1, 9)));

    assertThat(scrape().value("streamgrad_accuracy_ratio{model=\"mnist\"}")).isEqualTo(0.85);
    assertThat(scrape().value("streamgrad_model_version{model=\"mnist\"}")).isEqualTo(3);
  }

  @Test
  void givenStepsWhenScrapedThenTheirBucketsReachFromTenMicrosecondsToASecond() {
    metrics.stepped(10_000);
    metrics.stepped(2_000_000_000);

    Scrape scrape = scrape();

    assertThat(scrape.value("streamgrad_step_seconds_bucket{le=\"1.0E-5\"}")).isEqualTo(1);
    assertThat(scrape.value("streamgrad_step_seconds_bucket{le=\"1.0\"}")).isEqualTo(1);
    assertThat(scrape.value("streamgrad_step_seconds_bucket{le=\"+Inf\"}")).isEqualTo(2);
    assertThat(scrape.value("streamgrad_step_seconds_sum")).isEqualTo(2.00001);
  }

  @Test
  void givenAProducerWhoseClockIsAheadWhenItsRecordIsPredictedThenTheTimeCountsAsZero() {
    metrics.predictedAfter(-5);
    metrics.predictedAfter(40_000);

    Scrape scrape = scrape();

    String bucket = "streamgrad_input_to_prediction_seconds_bucket";
    assertThat(scrape.value(bucket + "{le=\"0.001\"}")).isEqualTo(1);
    assertThat(scrape.value(bucket + "{le=\"30.0\"}")).isEqualTo(1);
    assertThat(scrape.value(bucket + "{le=\"60.0\"}")).isEqualTo(2);
  }

  @Test
  void givenTimeStampsOfLongAgoOrFarAheadWhenPredictedThenTheyAreNotCounted() {
    metrics.predictedAfter(1_700_000_000_000L);
    metrics.predictedAfter(86_400_001);
    metrics.predictedAfter(-86_400_001);
    metrics.predictedAfter(1_700_000_000_000L - Long.MAX_VALUE);
    metrics.predictedAfter(86_400_000);

    Scrape scrape = scrape();

    assertThat(scrape.value("streamgrad_input_to_prediction_seconds_count")).isEqualTo(1);
    assertThat(scrape.value("streamgrad_input_to_prediction_seconds_sum")).isEqualTo(86_400);
  }

  @Test
  void givenNoDeadLetterYetWhenScrapedThenEveryReasonStandsAtZero() {
    metrics.deadLetter("wrong-shape");

    Scrape scrape = scrape();

    assertThat(scrape.value("streamgrad_dead_letters_total{reason=\"undecodable\"}")).isZero();
    assertThat(scrape.value("streamgrad_dead_letters_total{reason=\"wrong-shape\"}")).isEqualTo(1);
  }

  @Test
  void givenAReasonNobodyToldWhenCountedThenItIsRefused() {
    assertThatThrownBy(() -> metrics.deadLetter("offset 17 is broken"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("offset 17 is broken")
        .hasMessageContaining("undecodable");
  }

  @Test
  void givenTwoModelsWhenOneMovesAwayThenOnlyItsMetersGoAndTheyComeBackWithIt() {
    ScoreSnapshot score = window(1, 0, 0, 1);
    metrics.report(status("here", 1, score, score));
    metrics.report(status("there", 1, score, score));
    metrics.predictedUnlabeled("there", 5);

    metrics.removeModel("there");
    metrics.removeModel("never-seen");

    assertThat(scrape().text()).contains("model=\"here\"").doesNotContain("model=\"there\"");

    metrics.report(status("there", 9, score, score));
    metrics.predictedUnlabeled("there", 2);

    assertThat(scrape().value("streamgrad_model_version{model=\"there\"}")).isEqualTo(9);
    assertThat(scrape().value("streamgrad_predicted_images_total{model=\"there\"}")).isEqualTo(2);
  }

  @Test
  void givenAModelOfTooManyClassesWhenScrapedThenItHasNoMetersByClass() {
    metrics.report(status("few", 1, classes(32), classes(32)));
    metrics.report(status("many", 1, classes(33), classes(33)));

    Scrape scrape = scrape();

    assertThat(scrape.series("streamgrad_confusion_images")).hasSize(32 * 32);
    assertThat(scrape.series("streamgrad_class_recall_ratio")).hasSize(32);
    assertThat(scrape.series("streamgrad_class_precision_ratio")).hasSize(32);
    assertThat(scrape.series("streamgrad_accuracy_ratio")).hasSize(2);
  }

  @Test
  void givenAKnownModelWhenRecordsPassThenTheirMeasurementAllocatesNothing() {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    metrics.report(status("mnist", 1, window(1, 0, 0, 1), window(1, 0, 0, 1)));
    measure(20_000); // first uses load classes, and the rings of the maxima

    long before = threads.getCurrentThreadAllocatedBytes();
    measure(20_000);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    // Less than a byte for each record: one object each would be 16 and more.
    assertThat(allocated).isLessThan(20_000);
  }

  @Test
  void givenAGarbageCollectionWhenScrapedThenAModelsMetersStillHaveTheirValues() {
    ScoreSnapshot score = window(1, 0, 0, 1);
    metrics.report(status("mnist", 3, score, score));

    System.gc();

    assertThat(scrape().value("streamgrad_model_version{model=\"mnist\"}")).isEqualTo(3);
  }

  private void measure(int records) {
    for (int i = 0; i < records; i++) {
      metrics.stepped(60_000);
      metrics.scored("mnist", STATE, EVALUATION, UpdateOutcome.UPDATED);
      metrics.learned("mnist", 64, 1);
      metrics.scored("without-series", STATE, EVALUATION, UpdateOutcome.SKIPPED);
      metrics.predictedAfter(12);
      metrics.predictedUnlabeled("mnist", 64);
    }
  }

  private Scrape scrape() {
    return new Scrape(metrics.scrape());
  }

  private static ModelStatus status(
      String model, long version, ScoreSnapshot window, ScoreSnapshot lifetime) {
    return status(model, version, new ModelStatus.Window(window, 1000), lifetime);
  }

  private static ModelStatus status(
      String model, long version, ModelStatus.@Nullable Window window, ScoreSnapshot lifetime) {
    return new ModelStatus(model, version, window, lifetime, 25, 2, 2.5, 7.5, 0.1, 4, true);
  }

  /** A score of two classes, by label and predicted class; every image cost half a nat. */
  private static ScoreSnapshot window(long zeros, long zeroAsOne, long oneAsZero, long ones) {
    long images = zeros + zeroAsOne + oneAsZero + ones;
    return new ScoreSnapshot(
        images,
        images / 10,
        zeros + ones,
        images * 0.5,
        new long[] {zeros, zeroAsOne, oneAsZero, ones});
  }

  private static ScoreSnapshot classes(int classes) {
    return new ScoreSnapshot(1, 1, 1, 1, new long[classes * classes]);
  }
}
