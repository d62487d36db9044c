package io.streamgrad.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.store.ModelCodec;
import io.streamgrad.v1.ImageBatch;
import java.nio.file.Path;
import java.util.Map;
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
          model.averaging      | 0           | averaged weights
          model.input-scaling  | standardize | no pixel statistics
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

  private TopologyRun trained() {
    TopologyRun run = new TopologyRun(directory, Map.of());
    for (ImageBatch batch : TestBatches.labeled(3, 1)) {
      run.send("a", batch);
    }
    return run;
  }

  /** Starts anew on the store that the run has written. */
  private void restart(TopologyRun run, Map<String, String> overrides) {
    ServiceConfig config = TopologyRun.config(directory, overrides);
    new LearnStep(config, run.metrics()).init(run.weights(), run.weights().names());
  }
}
