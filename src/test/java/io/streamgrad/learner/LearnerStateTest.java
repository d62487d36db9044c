package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.LearningRateSpec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OptimizerSpec;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.UpdateOutcome;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What predicting and learning do to the whole state, as it is stored. */
class LearnerStateTest {
  private static final int INPUTS = 20;
  private static final int CLASSES = 3;

  @ParameterizedTest
  @EnumSource
  void predictingChangesNoByte(ModelSpec.InputScaling scaling) {
    ModelSpec config = config(OptimizerSpec.Type.ADAM, scaling, 0.99);
    ModelState state = trained(config, 3);
    byte[] before = bytes(state);

    new Learner(config).predict(state, batch(5));

    assertThat(bytes(state)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void theSameSeedAndTheSameBatchesGiveTheSameBytes(OptimizerSpec.Type type) {
    ModelSpec config = config(type, ModelSpec.InputScaling.STANDARDIZE, 0.99);

    assertThat(bytes(trained(config, 1, 7, 64, 2))).isEqualTo(bytes(trained(config, 1, 7, 64, 2)));
  }

  @ParameterizedTest
  @EnumSource
  void everyOptimizerChangesEveryTensor(OptimizerSpec.Type type) {
    ModelSpec config = config(type, ModelSpec.InputScaling.UNIT, 0);
    Parameters before = ModelState.initial(config).parameters();

    Parameters after = trained(config, 32).parameters();

    for (int t = 0; t < before.tensors().size(); t++) {
      assertThat(after.tensors().get(t).data)
          .as("tensor %d", t)
          .isNotEqualTo(before.tensors().get(t).data)
          .doesNotContain(Float.NaN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "NaN, STANDARDIZE",
    "Infinity, STANDARDIZE",
    "3.4e38, STANDARDIZE",
    "NaN, CENTER",
    "3.4e38, CENTER"
  })
  void aSkippedUpdateLeavesWeightsMomentsAndStatisticsAlone(
      float broken, ModelSpec.InputScaling scaling) {
    ModelSpec config = config(OptimizerSpec.Type.ADAM, scaling, 0.99);
    ModelState state = trained(config, 8);
    state.parameters().weights(1).data[0] = broken;
    state.parameters().biases(0).data[0] = 100; // the unit that it weighs is active
    String before = weightsHash(state);
    Learner learner = new Learner(config);

    UpdateOutcome outcome = Steps.take(learner, state, batch(4));

    assertThat(outcome).isEqualTo(UpdateOutcome.SKIPPED);
    assertThat(state.progress().updatesSkipped).isEqualTo(1);
    assertThat(weightsHash(state)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void theAverageMovesByTheWarmedUpShare(int updates) {
    ModelSpec config = config(OptimizerSpec.Type.SGD, ModelSpec.InputScaling.UNIT, 0.99);
    Learner learner = new Learner(config);
    ModelState state = ModelState.initial(config);
    float expected = average(state);
    for (int t = 1; t <= updates; t++) {
      MiniBatch batch = batch(16);
      Steps.take(learner, state, batch);
      double decay = (1 + t) / (10.0 + t);
      expected = (float) (decay * expected + (1 - decay) * bias(state.parameters()));
    }

    assertThat(average(state))
        .isCloseTo(expected, org.assertj.core.data.Offset.offset(1e-7f))
        .isNotEqualTo(bias(state.parameters()));
  }

  private static float average(ModelState state) {
    return bias(Objects.requireNonNull(state.average()));
  }

  private static float bias(Parameters parameters) {
    return parameters.biases(1).data[0];
  }

  private static ModelState trained(ModelSpec config, int... batchSizes) {
    Learner learner = new Learner(config);
    ModelState state = ModelState.initial(config);
    for (int images : batchSizes) {
      MiniBatch batch = batch(images);
      Steps.take(learner, state, batch);
    }
    return state;
  }

  private static MiniBatch batch(int images) {
    return GradientCheckTest.batch(images, INPUTS, CLASSES);
  }

  private static String weightsHash(ModelState state) {
    return ModelCodec.weightsSha256(new ModelEntry(state, Lineage.NONE));
  }

  private static byte[] bytes(ModelState state) {
    return ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
  }

  private static ModelSpec config(
      OptimizerSpec.Type type, ModelSpec.InputScaling scaling, double averaging) {
    return new ModelSpec(
        List.of(INPUTS, 6, CLASSES),
        5,
        64,
        scaling,
        averaging,
        3,
        new LearningRateSpec(LearningRateSpec.Schedule.CONSTANT, 0.01, 0, 1, 1),
        new OptimizerSpec(type, 0.9, 0.9, 0.999, 1e-8, 0, 0));
  }
}
