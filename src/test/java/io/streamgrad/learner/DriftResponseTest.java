package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.model.Drift;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** What becomes of a model that errs more than it did. */
class DriftResponseTest {
  private static final int CHANGE = 600; // batches
  private static final int BATCHES = 800;
  private static final Map<String, String> REPLAY =
      Map.of("model.drift.response", "restart-average", "model.replay.images", "200");

  /** Of one run: what was found, at which batch, and the model after it. */
  private static final class Run {
    private final ModelSpec spec;
    private final Learner learner;
    private ModelState state;
    private final List<Integer> found = new ArrayList<>();
    private final List<Drift> drifts = new ArrayList<>();
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
      for (int i = 0; i < BATCHES; i++) {
        MiniBatch batch = batch(i, labels.applyAsInt(i));
        Prediction prediction = learner.predict(state, batch);
        Evaluation evaluation = Evaluation.of(prediction, batch);
        correctSince += i >= CHANGE ? evaluation.correct() : 0;
        UpdateOutcome outcome = learner.learn(state, batch, prediction, evaluation);
        Drift drift = learner.detect(state, batch, prediction, evaluation, outcome);
        state.remember(i, outcome, evaluation);
        if (drift != null) {
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

  @Test
  void aModelThatIsRestoredBeforeEachBatchIsOneThatNeverStopped() {
    Run run = new Run(REPLAY).learn(DriftResponseTest::otherLabels, false);
    Run restored = new Run(REPLAY).learn(DriftResponseTest::otherLabels, true);

    assertThat(restored.drifts).isEqualTo(run.drifts).isNotEmpty();
    assertThat(restored.bytes()).isEqualTo(run.bytes());
  }
}
