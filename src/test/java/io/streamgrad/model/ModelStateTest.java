package io.streamgrad.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ModelStateTest {
  private static final ModelSpec SPEC =
      new ModelSpec(
          List.of(2, 2),
          1,
          4,
          ModelSpec.InputScaling.UNIT,
          0,
          10,
          new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, 0.1, 0, 1, 0.5),
          new OptimizerSpec(OptimizerSpec.Type.SGD, 0.9, 0.9, 0.999, 1e-8, 0, 0));
  private static final MiniBatch BATCH = MiniBatch.of(2, new byte[2], new byte[1]);
  private static final Prediction PREDICTION =
      new Prediction(0, false, new int[1], new float[2], new float[1], new float[2]);

  private final ModelState state = ModelState.initial(SPEC);

  @Test
  void aBatchIsCountedInBothScores() {
    state.count(BATCH, PREDICTION, new Evaluation(1, 1, 0.5));

    assertThat(state.lifetime().snapshot().lossSum()).isEqualTo(0.5);
    assertThat(state.window().images()).isEqualTo(1);
  }

  /** One of them would make the score's loss NaN for good. */
  @Test
  void aBatchWhoseLossIsNotFiniteIsNotCounted() {
    state.count(BATCH, PREDICTION, new Evaluation(1, 0, Double.NaN));
    state.count(BATCH, PREDICTION, new Evaluation(1, 0, Double.POSITIVE_INFINITY));

    assertThat(state.lifetime().images()).isZero();
    assertThat(state.window().images()).isZero();
  }
}
