package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LearningRateSpec;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OptimizerSpec;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.SplitMix64;
import java.io.IOException;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * 200 steps against PyTorch in double precision; src/test/python/golden_trajectory.py made them.
 */
class TrajectoryTest {
  private static final int INPUTS = 20;
  private static final int CLASSES = 5;
  private static final int BATCH = 8;
  private static final int STEPS = 200;
  private static final long SEED = 7;

  @ParameterizedTest
  @CsvSource({
    "SGD, 0.1, 0",
    "MOMENTUM, 0.02, 0.01",
    "NESTEROV, 0.02, 0",
    "ADAM, 0.01, 0.01",
    "ADAMW, 0.01, 0.01"
  })
  void lossesAndWeightsFollowPyTorch(OptimizerSpec.Type type, double rate, double decay)
      throws IOException {
    GoldenValues golden =
        GoldenValues.of("/golden/trajectory.csv", type.name().toLowerCase(java.util.Locale.ROOT));
    ModelSpec config = config(type, rate, decay);
    ModelState state = ModelState.initial(config);
    Learner learner = new Learner(config);
    SplitMix64 random = new SplitMix64(SEED + 1);

    for (int step = 0; step < STEPS; step++) {
      MiniBatch batch = batch(random);
      Prediction prediction = learner.predict(state, batch);
      Steps.learn(learner, state, batch, prediction);

      assertThat(Evaluation.of(prediction, batch).meanLoss())
          .as("loss of step %d", step)
          .isCloseTo(golden.get(Integer.toString(step)), Offset.offset(2e-5));
    }
    assertThat(learner.norm(state.parameters())).isCloseTo(golden.get("norm"), Offset.offset(2e-5));
  }

  private static MiniBatch batch(SplitMix64 random) {
    byte[] pixels = new byte[BATCH * INPUTS];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) random.nextLong();
    }
    byte[] labels = new byte[BATCH];
    for (int i = 0; i < BATCH; i++) {
      labels[i] = (byte) ((pixels[i * INPUTS] & 0xff) * CLASSES / 256);
    }
    return MiniBatch.of(INPUTS, pixels, labels);
  }

  private static ModelSpec config(OptimizerSpec.Type type, double rate, double decay) {
    return new ModelSpec(
        List.of(INPUTS, 12, CLASSES),
        SEED,
        1024,
        ModelSpec.InputScaling.UNIT,
        0, // predict with the last weights: their loss is PyTorch's
        10,
        new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, rate, 0, 1000, 0.5),
        new OptimizerSpec(type, 0.9, 0.9, 0.999, 1e-8, decay, 0));
  }
}
