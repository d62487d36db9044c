package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Moment;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.store.ChangelogEdit;
import io.streamgrad.store.Occasion;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.InputLog;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.InputMismatchException;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.RecordReader;
import io.streamgrad.streams.input.StoredLineage;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.streams.internal.CommitHookBuilder;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.ImageBatchDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The test driver commits after each record. */
class TaskInputTest {
  private static final String CHANGELOG = "streamgrad-weights-changelog";
  private static final Map<String, String> AT_LEAST_ONCE =
      Map.of("processing-guarantee", "at_least_once", "recovery-target", "0s");
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(6, 5);

  @TempDir private Path directory;
  private final RunningTasks tasks = new RunningTasks();
  private final ChangelogView changelog = new ChangelogView();

  @Test
  void eachCommitWritesThePositionAfterTheStates() {
    try (TopologyRun run = run(Map.of("recovery-target", "0s"), new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));
      List<TestRecord<byte[], byte[]>> records = run.raw(CHANGELOG);
      assertThat(records)
          .extracting(record -> ChangelogView.model(record.key()) != null)
          .containsExactly(true, false, false); // settings and position
      assertThat(position(records)).isEqualTo(1);

      run.send("a", BATCHES.get(1).toBuilder().clearLabels().build());
      records = run.raw(CHANGELOG);
      assertThat(records).hasSize(1);
      assertThat(position(records)).as("after a batch without labels").isEqualTo(2);

      run.send("a", ImageBatch.getDefaultInstance());
      assertThat(position(run.raw(CHANGELOG))).as("after a bad record").isEqualTo(3);
      assertThat(run.weights().input().position())
          .isEqualTo(
              new Position(
                  "streamgrad.images",
                  TestInput.ID,
                  0,
                  1,
                  3,
                  3,
                  run.weights().states(),
                  run.weights().models(),
                  Learner.MATHEMATICS));
      assertThat(tasks.stores()).containsOnlyKeys(0);
    }
    assertThat(tasks.stores()).isEmpty();
  }

  @Test
  void atLeastOnceThePositionIsAlsoAnnouncedBeforeTheStates() {
    try (TopologyRun run = run(AT_LEAST_ONCE, new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));

      assertThat(run.raw(CHANGELOG))
          .extracting(record -> ChangelogView.model(record.key()) != null)
          .containsExactly(false, true, false, false);
      Position announced = Objects.requireNonNull(run.weights().input().announcedPosition());
      Position position = Objects.requireNonNull(run.weights().input().position());
      assertThat(announced.offset()).isEqualTo(position.offset());
      assertThat(announced.states()).isEqualTo(position.states());
    }
  }

  @Test
  void aTaskWhoseInputIsAnotherDoesNotBegin() {
    assertThatThrownBy(() -> run(Map.of(), new TestInput(0, 100, 40).add(3)))
        .hasRootCauseInstanceOf(InputMismatchException.class)
        .hasStackTraceContaining("has committed offset 40 of streamgrad.images-0")
        .hasStackTraceContaining("streamgrad adopt --continue-at weights");
  }

  @Test
  void anOffsetThatComesASecondTimeIsNotLearned() {
    try (TopologyRun run = run(Map.of(), new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));
      run.weights().input().advance(100); // as if the log had been that long

      assertThatThrownBy(() -> run.send("a", BATCHES.get(1)))
          .hasRootCauseInstanceOf(InputMismatchException.class)
          .hasStackTraceContaining("offset 1 of streamgrad.images-0 came a second time");
      assertThat(run.predictions()).hasSize(1);
    } catch (RuntimeException e) {
      assertThat(e).as("closing what has failed").isNotNull();
    }
  }

  @Test
  void anOffsetThatIsPassedOverIsToldOnce() {
    try (TopologyRun run = run(Map.of(), new TestInput(0, 100, -1))) {
      WeightsStore weights = run.weights();
      weights.input().advance(0);
      assertThat(weights.input().takeGap()).isEqualTo(-1);
      weights.input().advance(5);
      weights.input().advance(9);
      assertThat(weights.input().takeGap()).isEqualTo(1);
      assertThat(weights.input().takeGap()).isEqualTo(-1);
    }
  }

  /** Three batches are committed, and the store is that of an instance that has learned two. */
  @Test
  void atLeastOnceAnOldStateLearnsWhatItLacksFromTheLogWithoutOutputs() {
    TestInput log = new TestInput(0, 100, 3);
    for (int i = 0; i < 3; i++) {
      log.add(i, key(i), BATCHES.get(i).toByteArray());
    }
    try (TopologyRun run = run(AT_LEAST_ONCE, new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));
      learnAgain(run.config(), log, run.weights());

      assertThat(run.model("a").state().version()).isEqualTo(2);
      assertThat(run.model("b").state().version()).isEqualTo(1);
      assertThat(run.predictions()).hasSize(1);
      assertThat(
              TestBatches.learnedSha256(run.config(), "a", List.of(BATCHES.get(0), BATCHES.get(2))))
          .isEqualTo(ModelCodec.weightsSha256(run.model("a")));
    }
  }

  /** The state of the second batch is lost; the position is that of a later commit. */
  @Test
  void exactlyOnceWhatStatesLackIsLearnedAgainAndMustGiveTheSameModels() {
    TestInput log = new TestInput(0, 100, 3);
    for (int i = 0; i < 3; i++) {
      log.add(i, key(i), BATCHES.get(i).toByteArray());
    }
    List<TestRecord<byte[], byte[]>> stored = new ArrayList<>();
    String expected;
    try (TopologyRun run = run(Map.of("recovery-target", "10s"), new TestInput(0, 100, -1))) {
      for (int i = 0; i < 3; i++) {
        run.send(i % 2 == 0 ? "a" : "b", BATCHES.get(i));
        stored.addAll(run.raw(CHANGELOG));
      }
      assertThat(stored).as("settings and positions").hasSize(4);
      expected = ModelCodec.weightsSha256(run.model("a"));
    }
    ChangelogView view = new ChangelogView();
    stored.forEach(record -> view.put(record.key(), record.value()));
    Position position = Objects.requireNonNull(view.position());
    assertThat(position.replayFrom()).isZero();

    assertThat(relearned(view, log, Map.of())).isEqualTo(expected);
    Map<String, String> others =
        Map.of("model.learning-rate.initial", "0.2", "models.b.seed", "3", "reports.every", "1ms");
    assertThat(relearned(view, log, others)).as("with the settings of then").isEqualTo(expected);

    view.put(PartitionRecords.SETTINGS.bytes(), null);
    assertThatThrownBy(() -> relearned(view, log, others))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("batches 0 to 2 of streamgrad.images-0")
        .hasMessageContaining("stop it gracefully");
  }

  /** What they lack was learned with the old ones, and from then on with the new ones. */
  @Test
  void whereSettingsHaveChangedNoStateStaysBehindTheFirstCommit() {
    TestInput log = new TestInput(0, 100, 1);
    log.add(0, key(0), BATCHES.get(0).toByteArray());
    ChangelogView view = new ChangelogView();
    try (TopologyRun run = run(Map.of("recovery-target", "10s"), new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));
      run.raw(CHANGELOG).forEach(record -> view.put(record.key(), record.value()));
    }
    ChangelogEdit edit = new ChangelogEdit(view);
    ServiceConfig config = TopologyRun.config(directory, Map.of("model.averaging", "0.5"));
    learnAgain(config, log, edit.store());
    edit.store().write(Occasion.COMMIT);

    edit.changes().forEach(change -> view.put(change.key, change.value));
    Position after = Objects.requireNonNull(view.position());
    assertThat(after.replayFrom()).isEqualTo(after.offset());
    assertThat(Objects.requireNonNull(view.get("a")).lineage().offset()).isZero();
    assertThat(edit.store().input().settings()).contains("\"averaging\":0.5");
  }

  /** What began before the restart, stored or not, has the scaling that was the default then. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void modelsThatBeganUnderAnotherDefaultKeepItAndItIsStoredUpToWhichOffset(boolean known) {
    TestInput log = new TestInput(0, 100, 2);
    log.add(0, key(0), BATCHES.get(0).toByteArray()).add(1, key(1), BATCHES.get(1).toByteArray());
    ChangelogView view = new ChangelogView();
    Map<String, String> then = Map.of("recovery-target", "10s", "model.input-scaling", "unit");
    try (TopologyRun run = run(then, new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));
      run.send("b", BATCHES.get(1));
      run.raw(CHANGELOG).forEach(record -> view.put(record.key(), record.value()));
    }
    assertThat(view.names()).as("stored").isEmpty();
    if (!known) { // as before there were settings
      view.put(PartitionRecords.SETTINGS.bytes(), null);
    }
    ChangelogEdit edit = new ChangelogEdit(view);
    ServiceConfig config = TopologyRun.config(directory, Map.of());
    learnAgain(config, log, edit.store());
    edit.store().write(Occasion.ALL);

    assertThat(Objects.requireNonNull(edit.store().get("b")).state().inputScaling())
        .isEqualTo(ModelSpec.InputScaling.UNIT);
    edit.changes().forEach(change -> view.put(change.key, change.value));
    EarlierSettings earlier = view.earlierSettings().get(0);
    assertThat(view.earlierSettings()).hasSize(1);
    assertThat(earlier.topicId()).isEqualTo(TestInput.ID);
    assertThat(earlier.until()).isEqualTo(2);
    assertThat(earlier.text()).contains("\"input-scaling\":\"unit\"");
    assertThat(edit.store().input().settings()).contains("\"input-scaling\":\"auto\"");
  }

  private String relearned(ChangelogView stored, TestInput log, Map<String, String> settings) {
    WeightsStore store = new ChangelogEdit(stored).store();
    learnAgain(TopologyRun.config(directory, settings), log, store);
    return ModelCodec.weightsSha256(Objects.requireNonNull(store.get("a")));
  }

  private static void learnAgain(ServiceConfig config, InputLog log, WeightsStore store) {
    learning(config, log, store).run();
  }

  private static InputReplay learning(ServiceConfig config, InputLog log, WeightsStore store) {
    return new TaskInput(config, new InputLogs(log, null))
        .begin(0, store, StoredLineage.of(store), new PendingImages(config, 0, log))
        .orElseThrow();
  }

  /** Exactly once it can come if processing was at-least-once before. */
  @ParameterizedTest
  @ValueSource(strings = {"at_least_once", "exactly_once_v2"})
  void aBatchThatComesAgainIsPredictedAgainAndNotLearnedFromAgain(String guarantee)
      throws Exception {
    try (TopologyRun run =
        run(Map.of("processing-guarantee", guarantee), new TestInput(0, 100, -1))) {
      LearnStep step = new LearnStep(run.config(), run.metrics());
      step.init(run.weights(), new PendingImages(run.config(), 0, null));
      byte[] value = BATCHES.get(0).toByteArray();
      DecodedBatch batch =
          ImageBatchDecoder.decode(new RecordHeaders(), value, run.config().model("a"));
      InputPosition input = InputPosition.newBuilder().setTopic("streamgrad.images").build();
      List<String> sinks = new ArrayList<>();
      StepOutputs outputs =
          new StepOutputs(
              "a",
              new Event(input, 0, new Moment(0, 0)),
              new RecordHeaders(),
              output -> sinks.add(output.sink()));

      step.run(batch, outputs);
      step.run(batch, outputs);

      assertThat(sinks).containsExactly(Nodes.PREDICTIONS, Nodes.PREDICTIONS);
      assertThat(run.model("a").state().version()).isEqualTo(1);
    }
  }

  /** A crash may leave a comparison that is ahead of the states, which is written first. */
  @Test
  void atLeastOnceAnImageThatIsLearnedASecondTimeIsComparedOnce() throws Exception {
    Map<String, String> settings = new HashMap<>(AT_LEAST_ONCE);
    settings.put("models.f.follows", "a");
    ChangelogView view = new ChangelogView();
    try (TopologyRun run = run(settings, new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));
      run.raw(CHANGELOG).forEach(record -> view.put(record.key(), record.value()));
      run.send("a", BATCHES.get(1));
      TestRecord<byte[], byte[]> first = run.raw(CHANGELOG).get(0);
      assertThat(first.key()).isEqualTo(ChangelogLayout.comparison("f").bytes());
      view.put(first.key(), first.value());
      WeightsStore store = new ChangelogEdit(view).store();
      LearnStep step = new LearnStep(run.config(), run.metrics());
      step.init(store, new PendingImages(run.config(), 0, null));
      byte[] value = BATCHES.get(1).toByteArray();
      InputPosition input =
          InputPosition.newBuilder().setTopic("streamgrad.images").setOffset(1).build();
      step.run(
          ImageBatchDecoder.decode(new RecordHeaders(), value, run.config().model("a")),
          new StepOutputs(
              "a", new Event(input, 0, new Moment(1, 0)), new RecordHeaders(), output -> {}));

      ModelState follower = Objects.requireNonNull(store.get("f")).state();
      assertThat(follower.version()).isEqualTo(2);
      assertThat(Objects.requireNonNull(store.comparisons().get("f")).images())
          .isEqualTo(follower.lifetime().images());
    }
  }

  /** What is not learned again stays behind, and the service says so. */
  @Test
  void aServiceThatStopsWhileItLearnsAgainDoesNotWaitAndLeavesStatesBehind() throws Exception {
    TestInput log = new TestInput(0, 100, 3);
    for (int i = 0; i < 3; i++) {
      log.add(i, key(i), BATCHES.get(i).toByteArray());
    }
    RunningTasks running = new RunningTasks();
    try (TopologyRun run = run(AT_LEAST_ONCE, new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));
      WeightsStore store = run.weights();
      InputReplay relearning = learning(run.config(), log, store);
      running.add(
          0,
          new RunningTasks.Task(
              store, new CommitHookBuilder("commit").build(), relearning, () -> {}, null));
      long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();

      assertThat(running.end(deadline, () -> true)).isFalse();
      assertThat(System.nanoTime()).isLessThan(deadline);
      relearning.run();
      store.write(Occasion.ALL);
      assertThat(running.end(deadline, () -> true)).isTrue();
    }
  }

  /** As it is, Kafka Streams would take it for its own consumer's, and go on. */
  @Test
  void whereRecordsAreDeletedWhileTheyAreLearnedAgainTheTaskFails() {
    TopicPartition images = new TopicPartition("streamgrad.images", 0);
    InputLog log =
        new InputLog() {
          @Override
          public LogState state(int partition) {
            return new TestInput(0, 100, 3).state(0);
          }

          @Override
          public void read(
              int partition, long from, long to, Predicate<ConsumerRecord<byte[], byte[]>> reader) {
            throw new OffsetOutOfRangeException(Map.of(images, from));
          }

          @Override
          public RecordReader reader(int partition) {
            throw new UnsupportedOperationException();
          }
        };
    RunningTasks running = new RunningTasks();
    try (TopologyRun run = run(AT_LEAST_ONCE, new TestInput(0, 100, -1))) {
      run.send("a", BATCHES.get(0));
      WeightsStore store = run.weights();
      InputReplay relearning = learning(run.config(), log, store);
      running.add(
          0,
          new RunningTasks.Task(
              store, new CommitHookBuilder("commit").build(), relearning, () -> {}, null));
      assertThatThrownBy(relearning::run)
          .isInstanceOf(UnreadableStateException.class)
          .hasMessageContaining("records were deleted before they were learned again");
      assertThatThrownBy(() -> running.isRelearning(images))
          .isInstanceOf(StreamsException.class)
          .hasRootCauseInstanceOf(UnreadableStateException.class);
      assertThatThrownBy(() -> running.awaitRelearned(0))
          .hasRootCauseInstanceOf(UnreadableStateException.class);
    }
  }

  private static byte[] key(int i) {
    return (i % 2 == 0 ? "a" : "b").getBytes(StandardCharsets.UTF_8);
  }

  private long position(List<TestRecord<byte[], byte[]>> records) {
    records.forEach(record -> changelog.put(record.key(), record.value()));
    return Objects.requireNonNull(changelog.position()).offset();
  }

  private TopologyRun run(Map<String, String> settings, InputLog input) {
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
                new InputLogs(input, null),
                LearnProcessor.ON_THE_WAY));
  }
}
