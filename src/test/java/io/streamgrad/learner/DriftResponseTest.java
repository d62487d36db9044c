package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Archive;
import io.streamgrad.model.Challenger;
import io.streamgrad.model.Drift;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.DriftSpec.Response;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.Takeover;
import io.streamgrad.model.UpdateOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of a model that errs more than it did. */
class DriftResponseTest {
  private static final int CHANGE = 600; // batches
  private static final int BATCHES = 800;
  private static final Map<String, String> REPLAY =
      Map.of("model.drift.response", "restart-average", "model.replay.images", "200");

  private static final Map<String, String> COMPETING =
      Map.of(
          "model.drift.response", "challenger",
          "model.optimizer.type", "momentum",
          "model.learning-rate.initial", "0.01");

  private static Map<String, String> archiving(int models) {
    Map<String, String> settings = new HashMap<>(COMPETING);
    settings.put("model.drift.archive", Integer.toString(models));
    return settings;
  }

  /** Of one run: what was found, at which batch, and the model after it. */
  private static final class Run {
    private final ModelSpec spec;
    private final Learner learner;
    private ModelState state;
    private final List<Integer> found = new ArrayList<>();
    private final List<Drift> drifts = new ArrayList<>();
    private final List<Integer> tookOver = new ArrayList<>();
    private final List<Takeover> takeovers = new ArrayList<>();
    private int correctSince;

    Run(Map<String, String> settings) {
      Map<String, String> all =
          new HashMap<>(
              Map.of(
                  "model.layers", "[9, 8, 3]",
                  "model.averaging", "0.99",
                  "model.drift.detector", "adwin"));
      all.putAll(settings);
      spec = ConfigLoader.load(null, Map.of(), all).model();
      learner = new Learner(spec);
      state = ModelState.initial(spec);
    }

    Run learn(IntUnaryOperator labels, boolean restoring) {
      return learn(labels, restoring, BATCHES);
    }

    Run learn(IntUnaryOperator labels, boolean restoring, int to) {
      return learn(labels, restoring, 0, to);
    }

    Run learn(IntUnaryOperator labels, boolean restoring, int from, int to) {
      for (int i = from; i < to; i++) {
        MiniBatch batch = batch(i, labels.applyAsInt(i));
        Prediction prediction = learner.predict(state, batch);
        Evaluation evaluation = Evaluation.of(prediction, batch);
        correctSince += i >= CHANGE ? evaluation.correct() : 0;
        UpdateOutcome outcome = learner.learn(state, batch, prediction, evaluation);
        DriftEvent event = learner.detect(state, batch, prediction, evaluation, outcome);
        state.remember(i, outcome, evaluation);
        if (event instanceof Takeover takeover) {
          tookOver.add(i);
          takeovers.add(takeover);
        } else if (event instanceof Drift drift) {
          found.add(i);
          drifts.add(drift);
          if (drift.averageRestarted()) {
            assertThat(state.averageSince()).isEqualTo(state.version());
            assertThat(Objects.requireNonNull(state.average()).weights(0).data)
                .isEqualTo(state.parameters().weights(0).data);
          }
        }
        if (restoring) {
          state = ModelCodec.decode(ModelCodec.encode(new ModelEntry(state, Lineage.NONE))).state();
        }
      }
      return this;
    }

    byte[] bytes() {
      return ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
    }
  }

  private static int otherLabels(int batch) {
    return (batch + batch / CHANGE) % 3;
  }

  private static int thereAndBack(int batch) {
    return (batch + batch / CHANGE % 2) % 3;
  }

  private static int otherClasses(int batch) {
    return batch < CHANGE ? batch % 2 : 2;
  }

  /** Four images of the same class, by a pixel that tells which; others are noise. */
  private static MiniBatch batch(int i, int label) {
    byte[] pixels = new byte[4 * 9];
    for (int image = 0; image < 4; image++) {
      pixels[9 * image + (label == 2 && i % 3 != 2 ? 5 : i % 3)] = -1;
      pixels[9 * image + 6 + (i + image) % 3] = 60;
    }
    byte label8 = (byte) label;
    return MiniBatch.of(9, pixels, new byte[] {label8, label8, label8, label8});
  }

  @Test
  void theAverageBeginsAnewAndWhatWasKeptIsForgotten() {
    Run run = new Run(REPLAY).learn(DriftResponseTest::otherLabels, false);
    Run plain = new Run(Map.of()).learn(DriftResponseTest::otherLabels, false);

    assertThat(run.found).hasSize(1).allMatch(batch -> batch >= CHANGE && batch < CHANGE + 30);
    Drift drift = run.drifts.get(0);
    assertThat(drift.averageRestarted()).isTrue();
    assertThat(drift.imagesForgotten()).isEqualTo(200);
    assertThat(drift.errorSince()).isGreaterThan(drift.errorBefore());
    assertThat(run.correctSince).isGreaterThan(plain.correctSince);
    assertThat(plain.drifts.get(0).averageRestarted()).isFalse();
    assertThat(plain.state.averageSince()).isZero();
  }

  /** Nine elevenths of the next weights, as of a model's first ones. */
  @Test
  void itIsAnAverageOfTheWeightsSinceThen() {
    Run run = new Run(Map.of("model.drift.response", "restart-average"));
    run.learn(DriftResponseTest::otherLabels, false);
    long since = run.state.averageSince();
    float[] before = Objects.requireNonNull(run.state.average()).weights(1).data.clone();
    MiniBatch batch = batch(0, 1);
    Steps.take(run.learner, run.state, batch);
    float share = (float) (9 / (10.0 + run.state.version() - since));
    for (int k = 0; k < before.length; k++) {
      float weight = run.state.parameters().weights(1).data[k];
      assertThat(run.state.average().weights(1).data[k])
          .isEqualTo(Math.fma(share, weight - before[k], before[k]));
    }
    assertThat(since).isGreaterThan(CHANGE);
  }

  /** They say nothing else of what is wrong, and are all that keeps the model from forgetting. */
  @Test
  void whereClassesAreNewWhatWasKeptStays() {
    Map<String, String> settings = new HashMap<>(REPLAY);
    settings.put("model.replay.images", "3000");
    Run run = new Run(settings).learn(DriftResponseTest::otherClasses, false);

    assertThat(run.found).isNotEmpty();
    assertThat(run.found.get(0)).isBetween(CHANGE, CHANGE + 30);
    assertThat(run.drifts.get(0).imagesForgotten()).isZero();
    assertThat(run.drifts.get(0).averageRestarted()).isTrue();
  }

  /** Three times as high, and back to what it was after 500 updates. */
  @Test
  void theRateIsHigherForAWhile() {
    Run run = new Run(Map.of("model.drift.response", "boost-rate"));
    run.learn(DriftResponseTest::otherLabels, false);
    Run plain = new Run(Map.of()).learn(DriftResponseTest::otherLabels, false);
    long since = run.state.drift().boostedSince();
    assertThat(since).isEqualTo(run.found.get(0) + 1);
    assertThat(run.drifts.get(0).response()).isEqualTo(Response.BOOST_RATE);
    long updates = run.state.version() - 1 - since;
    assertThat(run.state.progress().learningRate)
        .isEqualTo(0.1 * (1 + 2 * (500.0 - updates) / 500));
    assertThat(run.correctSince).isGreaterThan(plain.correctSince);

    while (run.state.version() < since + 501) {
      Steps.take(run.learner, run.state, batch(0, 1));
    }
    assertThat(run.state.progress().learningRate).isEqualTo(0.1);
    assertThat(run.state.drift().boostedSince()).isZero();
  }

  @Test
  void aChallengerThatPredictsBetterTakesTheModelsPlace() {
    Run run = new Run(COMPETING).learn(DriftResponseTest::otherLabels, false);
    Run plain = new Run(Map.of()).learn(DriftResponseTest::otherLabels, false);

    assertThat(run.drifts.get(0).response()).isEqualTo(Response.CHALLENGER);
    assertThat(run.tookOver).hasSize(1).allMatch(batch -> batch >= run.found.get(0) + 64 / 4);
    Takeover compared = run.takeovers.get(0);
    assertThat(compared.images()).isEqualTo(4L * (run.tookOver.get(0) - run.found.get(0)));
    assertThat(compared.errors()).isGreaterThan(compared.challengerErrors());
    assertThat(run.state.drift().challenger()).isNull();
    assertThat(run.state.averageSince()).isEqualTo(run.found.get(0) + 1);
    assertThat(run.correctSince).isGreaterThan(plain.correctSince);
  }

  /** But for the average that begins anew it changes nothing, and then the model is as it was. */
  @Test
  void untilItTakesOverItChangesNothingElseAndThenItIsTheModel() {
    Run run = new Run(COMPETING);
    Map<String, String> restarting = new HashMap<>(COMPETING);
    restarting.put("model.drift.response", "restart-average");
    Run plain = new Run(restarting);
    int at = new Run(COMPETING).learn(DriftResponseTest::otherLabels, false).tookOver.get(0);
    run.learn(DriftResponseTest::otherLabels, false, at);
    plain.learn(DriftResponseTest::otherLabels, false, at);
    ModelState challenger = Objects.requireNonNull(run.state.drift().challenger()).model();
    assertThat(run.state.parameters())
        .usingRecursiveComparison()
        .isEqualTo(plain.state.parameters());
    assertThat(run.state.average()).usingRecursiveComparison().isEqualTo(plain.state.average());
    assertThat(challenger.parameters().weights(0).data)
        .as("its hidden layer learns on")
        .isNotEqualTo(run.state.parameters().weights(0).data);

    run.learn(DriftResponseTest::otherLabels, false, at, at + 1);

    assertThat(run.tookOver).containsExactly(at);
    assertThat(run.state.parameters())
        .usingRecursiveComparison()
        .isEqualTo(challenger.parameters());
    assertThat(run.state.average()).usingRecursiveComparison().isEqualTo(challenger.average());
    assertThat(run.state.moments().get(0))
        .usingRecursiveComparison()
        .isEqualTo(challenger.moments().get(0));
  }

  /** Before either has learned from it. */
  @Test
  void whatIsComparedIsWhatBothPredictOfABatchThatComes() {
    Run run = new Run(COMPETING);
    int at = new Run(COMPETING).learn(DriftResponseTest::otherLabels, false).found.get(0) + 1;
    run.learn(DriftResponseTest::otherLabels, false, at);
    Challenger challenger = Objects.requireNonNull(run.state.drift().challenger());
    Learner other = new Learner(run.spec);
    Challenger.Counters expected = new Challenger.Counters();
    for (int i = at; i < at + 10; i++) {
      MiniBatch batch = batch(i, otherLabels(i));
      Prediction model = other.predictUnchanged(run.state, batch);
      Prediction its = other.predictUnchanged(challenger.model(), batch);
      for (int image = 0; image < batch.images(); image++) {
        boolean modelRight = model.classes()[image] == batch.label(image);
        boolean right = its.classes()[image] == batch.label(image);
        expected.images++;
        expected.errors += modelRight ? 0 : 1;
        expected.challengerErrors += right ? 0 : 1;
        expected.gained += right && !modelRight ? 1 : 0;
      }
      run.learn(DriftResponseTest::otherLabels, false, i, i + 1);
    }
    assertThat(challenger.counters()).usingRecursiveComparison().isEqualTo(expected);
    assertThat(expected.gained).isPositive();
    assertThat(expected.challengerErrors).isPositive();
  }

  /** With images that are learned again, averages, moments and means of pixels. */
  @Test
  void aChallengerOfTheSameWeightsLearnsWhatTheModelLearnsToTheSameBits() {
    Map<String, String> settings = new HashMap<>(COMPETING);
    settings.put("model.replay.images", "200");
    Run run = new Run(settings).learn(DriftResponseTest::otherLabels, false, CHANGE);
    ModelState state = run.state;
    List<Parameters> moments = state.moments().stream().map(Parameters::copy).toList();
    ModelState same =
        state.competing(
            state.parameters().copy(),
            Objects.requireNonNull(state.average()).copy(),
            moments,
            state.averageSince());
    state.drift().keepChallenger(new Challenger(same, new Challenger.Counters()));
    for (int i = 0; i < 20; i++) {
      Steps.take(run.learner, state, batch(i, i % 3));
    }

    assertThat(same.parameters()).usingRecursiveComparison().isEqualTo(state.parameters());
    assertThat(same.average()).usingRecursiveComparison().isEqualTo(state.average());
    assertThat(moments).usingRecursiveComparison().isEqualTo(state.moments());
    Challenger.Counters compared = Objects.requireNonNull(state.drift().challenger()).counters();
    assertThat(compared.images).isEqualTo(80);
    assertThat(compared.errors).isEqualTo(compared.challengerErrors);
    assertThat(compared.gained).isZero();
  }

  @Test
  void whereTheWorldIsAgainWhatItWasTheModelOfThenTakesOver() {
    int end = 2 * CHANGE + 200;
    Run run = new Run(archiving(1)).learn(DriftResponseTest::thereAndBack, false, end);
    Run plain = new Run(COMPETING).learn(DriftResponseTest::thereAndBack, false, end);

    assertThat(run.found).isEqualTo(plain.found).hasSize(2);
    assertThat(run.drifts).extracting(Drift::fromArchive).containsExactly(false, true);
    assertThat(plain.drifts).extracting(Drift::fromArchive).containsOnly(false);
    assertThat(run.tookOver.get(0)).isEqualTo(plain.tookOver.get(0));
    assertThat(run.tookOver.get(1)).isEqualTo(run.found.get(1) + 64 / 4);
    assertThat(run.takeovers.get(1).challengerErrors())
        .isLessThan(plain.takeovers.get(1).challengerErrors());
  }

  /** They have not learned from what came after the change; the challenger averages on. */
  @Test
  void theModelOfThenIsItsLastGoodWeights() {
    Run whole = new Run(archiving(1)).learn(DriftResponseTest::thereAndBack, false, 2 * CHANGE);
    int first = whole.found.get(0);
    Map<String, String> reporting = new HashMap<>(COMPETING);
    reporting.put("model.drift.response", "report");
    Run before = new Run(reporting).learn(DriftResponseTest::thereAndBack, false, first + 1);
    Parameters then = before.state.lastGood().parameters();
    long updates = before.state.lastGood().version();
    assertThat(updates).isBetween(CHANGE - 64L, (long) CHANGE);

    Run run = new Run(archiving(1));
    run.learn(DriftResponseTest::thereAndBack, false, first + 1);
    List<Archive.Earlier> archive = List.copyOf(run.state.drift().archive().models());
    assertThat(archive).hasSize(1);
    assertThat(archive.get(0).updates()).isEqualTo(updates);
    assertThat(archive.get(0).weights()).usingRecursiveComparison().isEqualTo(then);

    for (int i = first + 1; run.found.size() < 2; i++) {
      run.learn(DriftResponseTest::thereAndBack, false, i, i + 1);
    }
    ModelState challenger = Objects.requireNonNull(run.state.drift().challenger()).model();
    assertThat(challenger.parameters()).usingRecursiveComparison().isEqualTo(then);
    assertThat(challenger.average()).usingRecursiveComparison().isEqualTo(then);
    assertThat(challenger.averageSince()).isEqualTo(run.state.version() - updates);
    assertThat(challenger.moments().get(0).weights(0).data).containsOnly(0);
    assertThat(run.state.drift().archive().models()).hasSize(1).doesNotContain(archive.get(0));
  }

  @Test
  void aModelThatRespondsOtherwiseNowHasNoChallengerAnyMore() {
    Run run = new Run(archiving(1));
    int at = new Run(COMPETING).learn(DriftResponseTest::otherLabels, false).found.get(0);
    run.learn(DriftResponseTest::otherLabels, false, at + 1);
    assertThat(run.state.drift().challenger()).isNotNull();
    assertThat(run.state.drift().archive().models()).hasSize(1);

    new Run(Map.of("model.optimizer.type", "momentum")).learner.predict(run.state, batch(0, 1));

    assertThat(run.state.drift().challenger()).isNull();
    assertThat(run.state.drift().archive().models()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "restart-average, 200, 0, 800",
    "boost-rate, 200, 0, 800",
    "challenger, 200, 0, 800",
    "challenger, 0, 0, 800",
    "challenger, 0, 2, 1210", // while the model of then competes
    "challenger, 200, 2, 1300"
  })
  void aModelThatIsRestoredBeforeEachBatchIsOneThatNeverStopped(
      String response, String replay, int archive, int batches) {
    Map<String, String> settings = archiving(archive);
    settings.put("model.drift.response", response);
    settings.put("model.replay.images", replay);
    Run run = new Run(settings).learn(DriftResponseTest::thereAndBack, false, batches);
    Run restored = new Run(settings).learn(DriftResponseTest::thereAndBack, true, batches);

    assertThat(restored.drifts).isEqualTo(run.drifts).isNotEmpty();
    assertThat(restored.takeovers).isEqualTo(run.takeovers);
    assertThat(restored.bytes()).isEqualTo(run.bytes());
  }
}
