package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.kernel.ScalarKernel;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.SplitMix64;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * 200 steps on centred inputs against NumPy in double precision, which subtracts the means from the
 * pixels; src/test/python/golden_centred.py made them.
 */
class CentredTrajectoryTest {
  private static final int INPUTS = 48;
  private static final int BLOCK = 16;
  private static final int CLASSES = 5;
  private static final int BATCH = 8;
  private static final int STEPS = 200;
  private static final long SEED = 7;
  private static final Offset<Double> ROUNDED = Offset.offset(2e-5);

  @ParameterizedTest
  @CsvSource({"plain, 0, false", "plain, 0, true", "averaged, 0.95, false", "averaged, 0.95, true"})
  void lossesAndWeightsAreThoseOfInputsLessTheirMeans(String name, String averaging, boolean scalar)
      throws IOException {
    GoldenValues golden = GoldenValues.of("/golden/centred.csv", name);
    ModelSpec spec =
        ConfigLoader.load(
                null,
                Map.of(),
                Map.of(
                    "model.layers",
                    "[48, 12, 5]",
                    "model.seed",
                    Long.toString(SEED),
                    "model.input-scaling",
                    "center",
                    "model.averaging",
                    averaging))
            .model();
    ModelState state = ModelState.initial(spec);
    Learner learner = scalar ? new Learner(spec, new ScalarKernel()) : new Learner(spec);
    SplitMix64 random = new SplitMix64(SEED + 1);

    for (int step = 0; step < STEPS; step++) {
      MiniBatch batch = batch(random);
      Prediction prediction = learner.predict(state, batch);
      Steps.learn(learner, state, batch, prediction);

      assertThat(Evaluation.of(prediction, batch).meanLoss())
          .as("loss of step %d", step)
          .isCloseTo(golden.get("loss," + step), ROUNDED);
    }
    for (int tensor = 0; tensor < 4; tensor++) {
      float[] weights = state.predicting().tensors().get(tensor).data;
      for (int i = 0; i < weights.length; i++) {
        assertThat((double) weights[i])
            .as("tensor %d element %d", tensor, i)
            .isCloseTo(golden.get(tensor + "," + i), ROUNDED);
      }
    }
    assertThat(golden.byName()).hasSize(STEPS + state.parameters().count());
  }

  private static MiniBatch batch(SplitMix64 random) {
    byte[] pixels = new byte[BATCH * INPUTS];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextLong();
    }
    byte[] labels = new byte[BATCH];
    for (int image = 0; image < BATCH; image++) {
      labels[image] = (byte) ((pixels[image * INPUTS] & 0xff) * CLASSES / 256);
      for (int block = BLOCK; block < INPUTS; block += BLOCK) {
        if ((random.nextLong() & 1) == 1) {
          Arrays.fill(pixels, image * INPUTS + block, image * INPUTS + block + BLOCK, (byte) 0);
        }
      }
    }
    return MiniBatch.of(INPUTS, pixels, labels);
  }
}
