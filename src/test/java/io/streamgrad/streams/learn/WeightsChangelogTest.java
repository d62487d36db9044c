package io.streamgrad.streams.learn;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.UndatedRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
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
  void aCommitWritesNoStateBeforeItsTime() {
    try (TopologyRun run = run(Map.of(), new RunningTasks())) {
      run.send("a", BATCH);
      run.send("b", BATCH);
      assertThat(states(run)).isEmpty();
    }
  }

  /** Nobody would know when it was sent who learned it again. */
  @Test
  void aCommitWithARecordWithoutATimeStampWritesAllStatesThatAreBehind() {
    try (TopologyRun run = run(Map.of(), new RunningTasks())) {
      run.send("a", BATCH);
      assertThat(states(run)).isEmpty();

      Headers undated = new RecordHeaders();
      UndatedRecord.mark(undated);
      run.send(new TestRecord<>("b".getBytes(UTF_8), BATCH.toByteArray(), undated));
      assertThat(states(run)).hasSize(2);

      run.send("a", BATCH);
      assertThat(states(run)).isEmpty();
    }
  }

  @Test
  void withoutARecoveryTargetEachCommitWritesTheModelThatHasLearnedOnce() {
    try (TopologyRun run = run(Map.of("recovery-target", "0s"), new RunningTasks())) {
      run.send("a", BATCH);
      run.send("b", BATCH);
      assertThat(states(run)).hasSize(2);

      run.send("b", BATCH);
      assertThat(states(run)).hasSize(1);

      run.send("a", BATCH.toBuilder().clearLabels().build());
      assertThat(states(run)).as("nothing was learned").isEmpty();
    }
  }

  /** Nobody could say what the states lack. */
  @Test
  void withoutAPositionEachCommitWritesTheModelThatHasLearned() {
    try (TopologyRun run = new TopologyRun(directory, Map.of())) {
      run.send("a", BATCH);
      assertThat(states(run)).hasSize(1);
    }
  }

  /** That the test driver commits when time passes, the service does too. */
  @Test
  void aPartitionThatIsQuietHasItsStatesWritten() {
    try (TopologyRun run = run(Map.of(), new RunningTasks())) {
      for (int i = 0; i < 3; i++) {
        run.send("a", BATCH);
        run.letPass(Duration.ofMillis(1900));
        assertThat(states(run)).isEmpty();
      }
      run.letPass(Duration.ofMillis(200));
      assertThat(states(run)).hasSize(1);
      run.letPass(Duration.ofSeconds(5));
      assertThat(states(run)).isEmpty();
    }
  }

  @Test
  void aServiceThatEndsWritesItsStates() throws Exception {
    RunningTasks tasks = new RunningTasks();
    try (TopologyRun run = large(tasks)) {
      run.send("a", BATCH);
      run.send("a", BATCH);
      assertThat(states(run)).isEmpty();

      CompletableFuture<Boolean> settled =
          CompletableFuture.supplyAsync(() -> end(tasks, () -> true));
      Awaitility.await().until(tasks::isEnding);
      assertThat(settled).isNotDone();
      run.letPass(Duration.ofMillis(100));

      assertThat(settled.get(1, TimeUnit.MINUTES)).isTrue();
      assertThat(states(run)).hasSize(PIECES);
    }
  }

  @Test
  void aServiceThatDoesNotRunAnyMoreIsNotWaitedFor() {
    RunningTasks tasks = new RunningTasks();
    try (TopologyRun run = large(tasks)) {
      run.send("a", BATCH);
      assertThat(end(tasks, () -> false)).as("settled").isFalse();
    }
    assertThat(end(tasks, () -> false)).as("has no store").isTrue();
  }

  private static boolean end(RunningTasks tasks, BooleanSupplier runs) {
    try {
      return tasks.end(System.nanoTime() + Duration.ofMinutes(10).toNanos(), runs);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<TestRecord<byte[], byte[]>> states(TopologyRun run) {
    return run.raw(CHANGELOG).stream()
        .filter(record -> ChangelogView.model(record.key()) != null)
        .toList();
  }

  private TopologyRun large(RunningTasks tasks) {
    // Their average and the last good ones: 5.8 MB.
    return run(Map.of("model.layers", "[4, 60000, 3]"), tasks);
  }

  private TopologyRun run(Map<String, String> settings, RunningTasks tasks) {
    return new TopologyRun(
        directory,
        settings,
        (config, metrics) ->
            new LearnProcessor(
                config,
                TopologyRun.partitions(config),
                metrics,
                new LearnStep(config, metrics),
                tasks,
                new InputLogs(new TestInput(0, 100, -1), null),
                LearnProcessor.ON_THE_WAY));
  }
}
