package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.v1.ImageBatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.streams.test.TestRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The test driver commits after each record. */
class WeightsChangelogTest {
  private static final String CHANGELOG = "streamgrad-weights-changelog";
  private static final int PIECES = 8;
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

  @Test
  void aCommitOfALargeModelWritesTheBatchAndNotTheState() {
    try (TopologyRun run = large(new RunningTasks())) {
      run.send("a", BATCH);
      assertThat(run.raw(CHANGELOG)).hasSize(PIECES);

      run.send("a", BATCH);
      assertThat(run.raw(CHANGELOG))
          .singleElement()
          .satisfies(record -> assertThat(record.value()).hasSizeLessThan(200));
    }
  }

  /** No more batches come; that the test driver commits when time passes, the service does too. */
  @Test
  void aServiceThatEndsWritesTheStateAndDeletesTheBatches() throws Exception {
    RunningTasks tasks = new RunningTasks();
    try (TopologyRun run = large(tasks)) {
      run.send("a", BATCH);
      run.send("a", BATCH);
      run.raw(CHANGELOG);

      CompletableFuture<Boolean> settled =
          CompletableFuture.supplyAsync(() -> end(tasks, () -> true));
      Awaitility.await().until(tasks::isEnding);
      assertThat(settled).isNotDone();
      run.letPass(Duration.ofMillis(100));

      assertThat(settled.get(1, TimeUnit.MINUTES)).isTrue();
      List<TestRecord<byte[], byte[]>> records = run.raw(CHANGELOG);
      assertThat(records).hasSize(PIECES + 1);
      assertThat(records.get(PIECES).value()).isNull();
    }
  }

  @Test
  void aServiceThatDoesNotRunAnyMoreIsNotWaitedFor() {
    RunningTasks tasks = new RunningTasks();
    try (TopologyRun run = large(tasks)) {
      run.send("a", BATCH);
      assertThat(end(tasks, () -> false)).as("settled").isTrue();
    }
    RunningTasks other = new RunningTasks();
    try (TopologyRun run = large(other)) {
      run.send("a", BATCH);
      run.send("a", BATCH);
      assertThat(end(other, () -> false)).as("settled").isFalse();
    }
    assertThat(end(other, () -> false)).as("has no store").isTrue();
  }

  private static boolean end(RunningTasks tasks, BooleanSupplier runs) {
    try {
      return tasks.end(System.nanoTime() + Duration.ofMinutes(10).toNanos(), runs);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private TopologyRun large(RunningTasks tasks) {
    return new TopologyRun(
        directory,
        Map.of("model.layers", "[4, 60000, 3]"), // their average and the last good ones: 5.8 MB
        (config, metrics) ->
            new LearnProcessor(
                config,
                TopologyRun.partitions(config),
                metrics,
                new LearnStep(config, metrics),
                tasks,
                null,
                LearnProcessor.ON_THE_WAY));
  }
}
