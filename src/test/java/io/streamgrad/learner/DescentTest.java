package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.kernel.Kernel;
import io.streamgrad.kernel.Kernels;
import io.streamgrad.kernel.ScalarKernel;
import io.streamgrad.model.LearningRateSpec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OptimizerSpec;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Norm, update and average at once, against the same one after the other. */
class DescentTest {
  private static final int[] BATCHES = {1, 16, 1, 3, 64, 67};
  private static final double NO_CLIPPING = 0;

  /** No gradient is this long, but one that may have to be clipped takes the other way. */
  private static final double CLIPPING = 1e18;

  static Stream<Arguments> models() {
    return Arrays.stream(ModelSpec.InputScaling.values())
        .flatMap(
            scaling ->
                Stream.of(
                        List.of(20, 5),
                        List.of(32, 7, 3),
                        List.of(33, 10, 3),
                        List.of(48, 16, 32, 4),
                        List.of(784, 10, 10))
                    .map(layers -> Arguments.of(scaling, layers)));
  }

  @ParameterizedTest
  @MethodSource("models")
  void givenAnyModelWhenLearningThenTheBytesOfOneStepAfterTheOther(
      ModelSpec.InputScaling scaling, List<Integer> layers) {
    byte[] expected = learned(layers, scaling, 0.1, CLIPPING, new ScalarKernel());

    assertThat(learned(layers, scaling, 0.1, NO_CLIPPING, new ScalarKernel())).isEqualTo(expected);
    assertThat(learned(layers, scaling, 0.1, CLIPPING, Kernels.create())).isEqualTo(expected);
    assertThat(learned(layers, scaling, 0.1, NO_CLIPPING, Kernels.create())).isEqualTo(expected);
  }

  /** Of updates whose size is in doubt, too large for some batches, and always too large. */
  @ParameterizedTest
  @ValueSource(doubles = {1e3, 1e4, 1e5, 1e6})
  void givenARateThatIsTooHighThenTheSameUpdatesAreSkipped(double rate) {
    List<Integer> layers = List.of(784, 10, 10);
    ModelSpec.InputScaling scaling = ModelSpec.InputScaling.UNIT;

    assertThat(learned(layers, scaling, rate, NO_CLIPPING, Kernels.create()))
        .isEqualTo(learned(layers, scaling, rate, CLIPPING, new ScalarKernel()));
  }

  private static byte[] learned(
      List<Integer> layers,
      ModelSpec.InputScaling scaling,
      double rate,
      double clipNorm,
      Kernel kernel) {
    ModelSpec config =
        new ModelSpec(
            layers,
            5,
            1024,
            scaling,
            0.99,
            3,
            new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, rate, 0, 1000, 0.5),
            new OptimizerSpec(OptimizerSpec.Type.SGD, 0.9, 0.9, 0.999, 1e-8, 0, clipNorm));
    ModelState state = ModelState.initial(config);
    Learner learner = new Learner(config, kernel);
    for (int images : BATCHES) {
      MiniBatch batch = GradientCheckTest.batch(images, config.inputs(), config.classes());
      for (int p = 0; p < batch.pixels().length; p++) {
        batch.pixels()[p] *= (byte) (p / 20 % 3 == 0 ? 1 : 0); // whole stretches are zero
      }
      Steps.take(learner, state, batch);
    }
    return ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
  }
}
