package io.streamgrad.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.ScoreSnapshot;
import io.streamgrad.model.UpdateOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which models have series of their own where there are more than may, and what the sums say. */
class ModelSeriesTest {
  private final List<ServiceMetrics> opened = new ArrayList<>();

  @AfterEach
  void close() {
    opened.forEach(ServiceMetrics::close);
  }

  @Test
  void givenMoreModelsThanPlacesWhenTheyReportThenTheFirstOnesHaveSeriesAndTheSumsHaveAll() {
    ServiceMetrics metrics = metrics(2, 1);
    for (String model : List.of("a", "b", "c", "d")) {
      metrics.report(status(model, false));
    }
    for (int i = 0; i < 5; i++) {
      metrics.report(status("d", false)); // however busy
    }

    Scrape scrape = scrape(metrics);

    assertThat(models(scrape, "")).containsExactly("a", "b");
    assertThat(models(scrape, "streamgrad_confusion_images")).containsExactly("a");
    assertThat(scrape.value("streamgrad_models")).isEqualTo(4);
    assertThat(scrape.value("streamgrad_models_without_series")).isEqualTo(2);
  }

  @Test
  void givenNoPlacesAtAllWhenModelsReportThenThereIsNoSeriesOfAnyModel() {
    ServiceMetrics metrics = metrics(0, 20);
    metrics.report(status("a", true));

    assertThat(models(scrape(metrics), "")).isEmpty();
    assertThat(scrape(metrics).value("streamgrad_models_without_series")).isEqualTo(1);
    assertThat(scrape(metrics).value("streamgrad_diverged_models")).isEqualTo(1);
  }

  @Test
  void givenAModelThatMovesAwayWhenTheNextReportsThenItGetsThePlaceAndTheDetails() {
    ServiceMetrics metrics = metrics(2, 1);
    for (String model : List.of("a", "b", "c", "d")) {
      metrics.report(status(model, false));
    }

    metrics.removeModel("a");
    metrics.removeModel("d"); // which has no place to leave
    metrics.report(status("b", false));
    metrics.report(status("c", false));
    metrics.report(status("d", false));

    Scrape scrape = scrape(metrics);
    assertThat(models(scrape, "")).containsExactly("b", "c");
    assertThat(models(scrape, "streamgrad_confusion_images")).containsExactly("b");
    assertThat(scrape.value("streamgrad_models")).isEqualTo(3);
    assertThat(scrape.value("streamgrad_models_without_series")).isEqualTo(1);
  }

  @Test
  void givenModelsThatTheConfigurationNamesWhenOthersComeFirstThenTheirPlacesAreKept() {
    ServiceMetrics metrics = metrics(3, 1, "mine", "elsewhere");
    for (String model : List.of("a", "b", "c", "mine")) {
      metrics.report(status(model, false));
    }

    assertThat(models(scrape(metrics), "")).containsExactly("a", "mine");
    assertThat(models(scrape(metrics), "streamgrad_confusion_images")).containsExactly("mine");
  }

  @Test
  void givenMoreNamedModelsThanPlacesWhenTheyReportThenTheLimitHolds() {
    ServiceMetrics metrics = metrics(1, 1, "one", "two");
    for (String model : List.of("two", "one", "a")) {
      metrics.report(status(model, false));
    }

    assertThat(models(scrape(metrics), "")).containsExactly("two");
  }

  @Test
  void givenModelsWithAndWithoutSeriesWhenTheyLearnThenTheSumsAreOfAllOfThem() {
    ServiceMetrics metrics = metrics(1, 0);
    metrics.report(status("shown", false));
    metrics.report(status("hidden", false));
    for (String model : List.of("shown", "hidden")) {
      metrics.scored(model, STATE, new Evaluation(10, 7, 5), UpdateOutcome.UPDATED);
      metrics.learned(model, 10, 1);
      metrics.scored(model, STATE, new Evaluation(4, 1, 9), UpdateOutcome.SKIPPED);
      metrics.scored(model, STATE, new Evaluation(4, 0, Double.NaN), UpdateOutcome.DIVERGED);
      metrics.scored(model, STATE, new Evaluation(2, 1, 1), UpdateOutcome.IGNORED);
      metrics.predictedUnlabeled(model, 6);
      metrics.report(status(model, true));
    }

    Scrape scrape = scrape(metrics);

    assertThat(scrape.value("streamgrad_all_images_total")).isEqualTo(2 * 16);
    assertThat(scrape.value("streamgrad_all_correct_images_total")).isEqualTo(2 * 9);
    assertThat(scrape.value("streamgrad_all_batches_total")).isEqualTo(2 * 3);
    assertThat(scrape.value("streamgrad_all_learned_images_total")).isEqualTo(2 * 10);
    assertThat(scrape.value("streamgrad_all_learned_batches_total")).isEqualTo(2);
    assertThat(scrape.value("streamgrad_all_updates_skipped_total")).isEqualTo(2 * 2);
    assertThat(scrape.value("streamgrad_all_predicted_images_total")).isEqualTo(2 * 6);
    assertThat(scrape.value("streamgrad_diverged_models")).isEqualTo(2);
    assertThat(scrape.value("streamgrad_predicted_images_total{model=\"shown\"}")).isEqualTo(6);
  }

  /** What an instance has done stays done: a counter that fell would look like a restart. */
  @Test
  void givenAModelThatMovesAwayThenTheSumsOfWhatWasDoneStay() {
    ServiceMetrics metrics = metrics(1, 1);
    metrics.report(status("a", true));
    metrics.scored("a", STATE, new Evaluation(10, 7, 5), UpdateOutcome.UPDATED);
    metrics.learned("a", 10, 1);

    metrics.removeModel("a");

    assertThat(scrape(metrics).value("streamgrad_all_images_total")).isEqualTo(10);
    assertThat(scrape(metrics).value("streamgrad_models")).isZero();
    assertThat(scrape(metrics).value("streamgrad_diverged_models")).isZero();
  }

  @Test
  void givenAStatusWhenTheModelLearnsOnThenItsCountsAreThoseOfTheStateBeforeTheNextReport() {
    ServiceMetrics metrics = metrics(1, 1);
    metrics.report(status("a", false));
    ModelState state = ModelState.initial(ConfigLoader.load(null, Map.of(), Map.of()).model("a"));
    state.progress().version = 90;
    state.progress().imagesLearned = 640;
    state.progress().batchesLearned = 100;
    state.progress().updatesSkipped = 3;

    metrics.scored("a", state, new Evaluation(10, 7, 5), UpdateOutcome.UPDATED);
    metrics.learned("a", 10, 1);

    Scrape scrape = scrape(metrics);
    assertThat(scrape.value("streamgrad_model_version{model=\"a\"}")).isEqualTo(90);
    assertThat(scrape.value("streamgrad_learned_images_total{model=\"a\"}")).isEqualTo(640);
    assertThat(scrape.value("streamgrad_learned_batches_total{model=\"a\"}")).isEqualTo(100);
    assertThat(scrape.value("streamgrad_updates_skipped_total{model=\"a\"}")).isEqualTo(3);
  }

  private static final ModelState STATE =
      ModelState.initial(ConfigLoader.load(null, Map.of(), Map.of()).model("a"));

  private ServiceMetrics metrics(int models, int detailed, String... named) {
    Map<String, String> settings = new HashMap<>();
    settings.put("metrics.models", Integer.toString(models));
    settings.put("metrics.detailed-models", Integer.toString(detailed));
    for (String model : named) {
      settings.put("models." + model + ".seed", "7");
    }
    ServiceMetrics metrics =
        new ServiceMetrics(ConfigLoader.load(null, Map.of(), settings), List.of());
    opened.add(metrics);
    return metrics;
  }

  private static ModelStatus status(String model, boolean diverged) {
    ScoreSnapshot score = new ScoreSnapshot(10, 1, 7, 5, new long[] {4, 1, 2, 3});
    return new ModelStatus(
        model, 1, new ModelStatus.Window(score, 0), score, 10, 1, 2, 7, 0.1, 1, diverged);
  }

  private static Scrape scrape(ServiceMetrics metrics) {
    return new Scrape(metrics.scrape());
  }

  /** The models of the series whose names begin like this, in alphabetical order. */
  private static Iterable<String> models(Scrape scrape, String prefix) {
    return scrape
        .text()
        .lines()
        .filter(line -> line.startsWith(prefix) && line.contains("model=\""))
        .map(line -> line.replaceAll(".*model=\"([^\"]*)\".*", "$1"))
        .collect(java.util.stream.Collectors.toCollection(TreeSet::new));
  }
}
