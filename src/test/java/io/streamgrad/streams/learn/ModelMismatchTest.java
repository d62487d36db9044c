package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.ImageBatch;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelMismatchTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          model.layers         | [4, 6, 3]   | [4, 5, 3]
          model.optimizer.type | adam        | optimizer moments
          model.input-scaling  | standardize | input scaling CENTER, configured is STANDARDIZE
          model.input-scaling  | unit        | input scaling CENTER, configured is UNIT
          """)
  void aStoredModelThatIsNotTheConfiguredOneIsRefusedAtTheStartAndKept(
      String key, String value, String said) {
    try (TopologyRun run = trained()) {
      byte[] before = ModelCodec.encode(run.model("a"));

      assertThatThrownBy(() -> restart(run, Map.of(key, value)))
          .isInstanceOf(ModelMismatchException.class)
          .hasMessageContaining("\"a\"")
          .hasMessageContaining(said)
          .hasMessageContaining("nothing was overwritten");

      assertThat(ModelCodec.encode(run.model("a"))).isEqualTo(before);
    }
  }

  @Test
  void aStoredModelGoesOnUnderAnotherLearningRate() {
    try (TopologyRun run = trained()) {
      restart(run, Map.of("model.learning-rate.initial", "0.01"));

      assertThat(run.model("a").state().version()).isEqualTo(3);
    }
  }

  /** As a model of a version in which that was the default. */
  @Test
  void aStoredModelGoesOnWithTheScalingThatItHasWhereNoneIsConfigured() {
    try (TopologyRun run = trained(Map.of("model.input-scaling", "unit"))) {
      restart(run, Map.of());

      assertThat(run.model("a").state().inputScaling()).isEqualTo(ModelSpec.InputScaling.UNIT);
    }
  }

  /** OPERATIONS: averaging may change at any restart. */
  @Test
  void averagingMayBeSwitchedOffAndOnAtARestart() {
    try (TopologyRun run = trained()) {
      ModelState state = run.model("a").state();
      float[] last = state.parameters().weights(0).data.clone();

      restart(run, Map.of("model.averaging", "0"));
      assertThat(run.model("a").state().version()).isEqualTo(3);

      step(run, Map.of("model.averaging", "0"));
      assertThat(state.average()).isNull();
      assertThat(state.predicting().weights(0).data).isNotEqualTo(last);
      float[] before = state.parameters().weights(0).data.clone();

      step(run, Map.of("model.averaging", "0.9"));
      float[] after = state.parameters().weights(0).data;
      float[] average = Objects.requireNonNull(state.average()).weights(0).data;
      for (int i = 0; i < after.length; i++) { // from the weights as they were, by max(0.1, 9/15)
        assertThat(average[i]).isCloseTo(before[i] + 0.6f * (after[i] - before[i]), within(1e-6f));
      }
    }
  }

  /** A batch, learned by a learner of other settings. */
  private void step(TopologyRun run, Map<String, String> overrides) {
    Learner learner = new Learner(TopologyRun.config(directory, overrides).model("a"));
    ModelState state = run.model("a").state();
    ImageBatch batch = TestBatches.labeled(1, 2).get(0);
    MiniBatch images =
        MiniBatch.of(4, batch.getPixels().toByteArray(), batch.getLabels().toByteArray());
    Steps.take(learner, state, images);
  }

  private TopologyRun trained() {
    return trained(Map.of());
  }

  private TopologyRun trained(Map<String, String> settings) {
    TopologyRun run = new TopologyRun(directory, settings);
    for (ImageBatch batch : TestBatches.labeled(3, 1)) {
      run.send("a", batch);
    }
    return run;
  }

  /** Starts anew on the store that the run has written. */
  private void restart(TopologyRun run, Map<String, String> overrides) {
    ServiceConfig config = TopologyRun.config(directory, overrides);
    LearnStep step = new LearnStep(config, run.metrics());
    step.init(run.weights(), new PendingImages(run.config(), 0, null));
    run.weights().forEach(step::begin);
  }
}
