package io.streamgrad.topology;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.v1.ImageBatch;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The test driver commits after each record. */
class WeightsChangelogTest {
  private static final String CHANGELOG = "streamgrad-weights-changelog";
  private static final ImageBatch BATCH = TestBatches.labeled(1, 5).get(0);

  @TempDir private Path directory;

  @Test
  void eachCommitWritesTheModelThatHasLearnedOnce() {
    try (TopologyRun run = new TopologyRun(directory, Map.of())) {
      run.send("a", BATCH);
      run.send("b", BATCH);
      assertThat(run.raw(CHANGELOG)).hasSize(2);

      run.send("b", BATCH);
      assertThat(run.raw(CHANGELOG)).hasSize(1);
    }
  }

  @Test
  void aCommitWithoutLearningWritesNoWeights() {
    try (TopologyRun run = new TopologyRun(directory, Map.of())) {
      run.send("a", BATCH);
      assertThat(run.raw(CHANGELOG)).hasSize(1);

      run.send("a", BATCH.toBuilder().clearLabels().build());
      assertThat(run.raw(CHANGELOG)).isEmpty();
    }
  }
}
