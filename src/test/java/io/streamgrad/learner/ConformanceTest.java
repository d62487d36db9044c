package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.kernel.Kernels;
import io.streamgrad.kernel.ScalarKernel;
import io.streamgrad.model.LearningRateSpec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OptimizerSpec;
import io.streamgrad.model.Prediction;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every optimizer, network, scaling and kernel must do. */
class ConformanceTest {
  private static final int[] BATCHES = {1, 16, 3, 64, 5};

  static Stream<Arguments> models() {
    return Arrays.stream(OptimizerSpec.Type.values())
        .flatMap(
            optimizer ->
                Stream.of(
                        List.of(20, 5),
                        List.of(33, 10, 3),
                        List.of(48, 16, 32, 4),
                        List.of(784, 10, 10))
                    .flatMap(
                        layers ->
                            Arrays.stream(ModelSpec.InputScaling.values())
                                .map(scaling -> Arguments.of(optimizer, layers, scaling))));
  }

  @ParameterizedTest
  @MethodSource("models")
  void givenAnyModelWhenLearningThenEveryKernelGivesTheSameBytes(
      OptimizerSpec.Type optimizer, List<Integer> layers, ModelSpec.InputScaling scaling) {
    ModelSpec config = config(optimizer, layers, scaling);
    ModelState scalar = ModelState.initial(config);
    ModelState chosen = ModelState.initial(config);

    learn(new Learner(config, new ScalarKernel()), scalar);
    learn(new Learner(config, Kernels.create()), chosen);

    assertThat(bytes(chosen)).isEqualTo(bytes(scalar));
    assertThat(chosen.version()).isEqualTo(BATCHES.length);
  }

  @ParameterizedTest
  @MethodSource("models")
  void givenAnyModelWhenStoredAndReadBackThenItGoesOnWithTheSameBits(
      OptimizerSpec.Type optimizer, List<Integer> layers, ModelSpec.InputScaling scaling) {
    ModelSpec config = config(optimizer, layers, scaling);
    ModelState state = ModelState.initial(config);
    learn(new Learner(config), state);
    ModelState readBack = ModelCodec.decode(bytes(state)).state();

    learn(new Learner(config), state);
    learn(new Learner(config), readBack);

    assertThat(bytes(readBack)).isEqualTo(bytes(state));
  }

  @ParameterizedTest
  @MethodSource("models")
  void givenAnyModelWhenLearningThenTheBatchIsLeftAsItWas(
      OptimizerSpec.Type optimizer, List<Integer> layers, ModelSpec.InputScaling scaling) {
    ModelSpec config = config(optimizer, layers, scaling);
    ModelState state = ModelState.initial(config);
    Learner learner = new Learner(config);
    MiniBatch batch = GradientCheckTest.batch(7, config.inputs(), config.classes());
    byte[] before = batch.pixels().clone();

    Steps.take(learner, state, batch);

    assertThat(batch.pixels()).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("models")
  void givenOneLearnerWhenTwoModelsTakeTurnsThenEachLearnsAsIfAlone(
      OptimizerSpec.Type optimizer, List<Integer> layers, ModelSpec.InputScaling scaling) {
    ModelSpec config = config(optimizer, layers, scaling);
    ModelState alone = ModelState.initial(config);
    learn(new Learner(config), alone);
    ModelState one = ModelState.initial(config);
    ModelState other = ModelState.initial(config);
    Learner shared = new Learner(config);

    for (int images : BATCHES) {
      MiniBatch batch = GradientCheckTest.batch(images, config.inputs(), config.classes());
      Prediction first = shared.predict(one, batch);
      Prediction second = shared.predict(other, batch);
      Steps.learn(shared, one, batch, first);
      Steps.learn(shared, other, batch, second);
    }

    assertThat(bytes(one)).isEqualTo(bytes(alone));
    assertThat(bytes(other)).isEqualTo(bytes(alone));
  }

  private static void learn(Learner learner, ModelState state) {
    int inputs = state.parameters().layers().get(0);
    int classes = state.parameters().layers().get(state.parameters().depth());
    for (int images : BATCHES) {
      MiniBatch batch = GradientCheckTest.batch(images, inputs, classes);
      Steps.take(learner, state, batch);
    }
  }

  private static byte[] bytes(ModelState state) {
    return ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
  }

  /** With everything switched on that a type allows, for half of the networks. */
  private static ModelSpec config(
      OptimizerSpec.Type optimizer, List<Integer> layers, ModelSpec.InputScaling scaling) {
    boolean all = layers.size() % 2 == 0;
    return new ModelSpec(
        layers,
        5,
        1024,
        scaling,
        all ? 0.99 : 0,
        3,
        new LearningRateSpec(LearningRateSpec.Schedule.INVERSE_SQRT, 0.01, all ? 3 : 0, 1000, 0.5),
        new OptimizerSpec(optimizer, 0.9, 0.9, 0.999, 1e-8, all ? 0.01 : 0, all ? 1 : 0));
  }
}
