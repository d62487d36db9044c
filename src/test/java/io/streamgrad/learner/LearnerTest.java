package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LearnerTest {
  private final ModelSpec config = GradientCheckTest.config(List.of(20, 5, 3));
  private final ModelState state = ModelState.initial(config);
  private final Learner learner = new Learner(config);

  @Test
  void predictingLeavesTheWeightsAndTheVersionAlone() {
    float[] before = state.parameters().weights(0).data.clone();

    learner.predict(state, GradientCheckTest.batch(4, 20, 3));

    assertThat(state.parameters().weights(0).data).isEqualTo(before);
    assertThat(state.version()).isZero();
  }

  @Test
  void aPredictionNamesTheVersionBeforeTheUpdate() {
    MiniBatch batch = GradientCheckTest.batch(4, 20, 3);
    for (int version = 0; version < 3; version++) {
      Prediction prediction = learner.predict(state, batch);
      Steps.learn(learner, state, batch, prediction);

      assertThat(prediction.version()).isEqualTo(version);
      assertThat(state.version()).isEqualTo(version + 1);
    }
    assertThat(state.lifetime().images()).isEqualTo(12);
  }

  @Test
  void batchesOfAnySizeLearnTheSameBitsTwice() {
    ModelState other = ModelState.initial(config);
    Learner another = new Learner(config);
    for (int images : new int[] {1, 7, 64, 2}) {
      MiniBatch batch = GradientCheckTest.batch(images, 20, 3);
      Steps.take(learner, state, batch);
      Steps.take(another, other, batch);
    }
    assertThat(state.parameters().weights(0).data).isEqualTo(other.parameters().weights(0).data);
    assertThat(state.predicting().weights(1).data).isEqualTo(other.predicting().weights(1).data);
  }

  @Test
  void batchesOfAnySizeAreInTheMeansOnceEach() {
    int inputs = 32;
    ModelSpec spec =
        GradientCheckTest.config(List.of(inputs, 10, 3), ModelSpec.InputScaling.CENTER);
    ModelState centering = ModelState.initial(spec);
    Learner learner = new Learner(spec);
    long[] sums = new long[inputs];
    for (int images : new int[] {7, 1, 70, 1, 2}) {
      MiniBatch batch = GradientCheckTest.batch(images, inputs, 3);
      Steps.take(learner, centering, batch);
      for (int i = 0; i < images * inputs; i++) {
        sums[i % inputs] += batch.pixels()[batch.pixelsOffset() + i] & 0xff;
      }
    }
    assertThat(Objects.requireNonNull(centering.statistics()).sums()).isEqualTo(sums);
  }

  @Test
  void allZeroImagesTrainTheBiasesOnly() {
    float[] before = state.parameters().weights(0).data.clone();
    MiniBatch batch = MiniBatch.of(20, new byte[40], new byte[] {1, 1});

    Steps.take(learner, state, batch);

    assertThat(state.parameters().weights(0).data).isEqualTo(before);
    assertThat(state.parameters().biases(1).data).isNotEqualTo(new float[3]);
  }

  @Test
  void aGradientThatIsNotFiniteIsSkippedAndAfterThreeTheModelStopsLearning() {
    state.parameters().weights(1).data[0] = Float.NaN;
    float[] before = state.parameters().weights(0).data.clone();
    MiniBatch batch = GradientCheckTest.batch(4, 20, 3);

    assertThat(learn(batch)).isEqualTo(UpdateOutcome.SKIPPED);
    assertThat(learn(batch)).isEqualTo(UpdateOutcome.SKIPPED);
    assertThat(learn(batch)).isEqualTo(UpdateOutcome.DIVERGED);
    assertThat(learn(batch)).isEqualTo(UpdateOutcome.IGNORED);

    assertThat(state.parameters().weights(0).data).isEqualTo(before);
    assertThat(state.version()).isZero();
    assertThat(state.progress().updatesSkipped).isEqualTo(3);
    Evaluation evaluation = Evaluation.of(learner.predict(state, batch), batch);
    assertThat(evaluation.lossSum()).isFinite(); // by the averaged weights
  }

  private UpdateOutcome learn(MiniBatch batch) {
    return Steps.take(learner, state, batch);
  }
}
