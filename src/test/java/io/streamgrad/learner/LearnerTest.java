package io.streamgrad.learner;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ModelConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

class LearnerTest {
  private final ModelConfig config = GradientCheckTest.config(List.of(20, 5, 3));
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
      learner.learn(state, batch, prediction);

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
      learner.learn(state, batch, learner.predict(state, batch));
      another.learn(other, batch, another.predict(other, batch));
    }
    assertThat(state.parameters().weights(0).data).isEqualTo(other.parameters().weights(0).data);
    assertThat(state.predicting().weights(1).data).isEqualTo(other.predicting().weights(1).data);
  }

  @Test
  void allZeroImagesTrainTheBiasesOnly() {
    float[] before = state.parameters().weights(0).data.clone();
    MiniBatch batch = MiniBatch.of(20, new byte[40], new byte[] {1, 1});

    learner.learn(state, batch, learner.predict(state, batch));

    assertThat(state.parameters().weights(0).data).isEqualTo(before);
    assertThat(state.parameters().biases(1).data).isNotEqualTo(new float[3]);
  }

  @Test
  void aGradientThatIsNotFiniteIsSkippedAndAfterThreeTheModelStopsLearning() {
    state.parameters().weights(1).data[0] = Float.NaN;
    float[] before = state.parameters().weights(0).data.clone();
    MiniBatch batch = GradientCheckTest.batch(4, 20, 3);

    assertThat(learn(batch)).isEqualTo(Learner.Outcome.SKIPPED);
    assertThat(learn(batch)).isEqualTo(Learner.Outcome.SKIPPED);
    assertThat(learn(batch)).isEqualTo(Learner.Outcome.DIVERGED);
    assertThat(learn(batch)).isEqualTo(Learner.Outcome.IGNORED);

    assertThat(state.parameters().weights(0).data).isEqualTo(before);
    assertThat(state.version()).isZero();
    assertThat(state.progress().updatesSkipped).isEqualTo(3);
    assertThat(learner.predict(state, batch).lossSum()).isFinite(); // by the averaged weights
  }

  private Learner.Outcome learn(MiniBatch batch) {
    return learner.learn(state, batch, learner.predict(state, batch));
  }
}
