package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.store.ChangelogEdit;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.StoredLineage;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Labels that are learned again after a crash, where the states of some models are newer than those
 * of others. The test driver commits after each record.
 */
class RelearnedLabelsTest {
  private static final String CHANGELOG = "streamgrad-weights-changelog";

  /** Of three images each. */
  private static final List<ImageBatch> BATCHES =
      TestBatches.labeled(200, 3).stream()
          .filter(batch -> batch.getLabels().size() == 3)
          .limit(8)
          .toList();

  @TempDir private Path directory;
  private final List<Outcome> outcomes = new ArrayList<>();

  /** A record of the input; of labels or of images. */
  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  private record Sent(String model, byte[] value, boolean labels) {
    byte[] key() {
      return model.getBytes(StandardCharsets.UTF_8);
    }
  }

  /** The second labels were a repetition of the first, and another batch has that name by now. */
  @Test
  void labelsThatHadNoEffectAreNotJudgedAgainByALaterState() {
    List<Sent> sent =
        List.of(
            images("a", 0, "x"),
            images("b", 1, ""),
            labels("a", 0, "x"),
            labels("a", 0, "x"),
            images("a", 2, "x"));
    ChangelogView stored = learned(sent, sent, "a", 1);
    assertThat(outcomes).containsExactly(Outcome.LEARNED, Outcome.REPEATED);

    assertThat(relearned(stored, sent)).isEqualTo(states(sent));
  }

  /** There was no model then, and so no such batch. */
  @Test
  void labelsFromBeforeAModelsFirstBatchAreNotTakenForIt() {
    List<Sent> sent = List.of(images("b", 1, ""), labels("a", 0, "x"), images("a", 0, "x"));
    ChangelogView stored = learned(sent, sent, "a", 0);
    assertThat(outcomes).containsExactly(Outcome.UNKNOWN_BATCH);

    assertThat(relearned(stored, sent)).isEqualTo(states(sent));
  }

  /**
   * What a crash leaves where nothing was stored but a state of one model.
   *
   * @param before what that state is of
   * @param replayFrom offset of the first batch that another one lacks
   */
  private ChangelogView learned(List<Sent> sent, List<Sent> before, String model, long replayFrom) {
    ChangelogView view = new ChangelogView();
    run(before, "0s")
        .records()
        .forEach(
            (key, value) -> {
              if (model.equals(ChangelogView.model(key.bytes()))) {
                view.put(key.bytes(), value);
              }
            });
    outcomes.clear();
    run(sent, "10m")
        .records()
        .forEach(
            (key, value) -> {
              assertThat(ChangelogView.model(key.bytes())).as("no state").isNull();
              view.put(key.bytes(), value);
            });
    Position all = Objects.requireNonNull(view.position());
    view.put(
        PartitionRecords.POSITION.bytes(),
        new Position(
                all.topic(),
                all.topicId(),
                all.partition(),
                all.partitions(),
                all.offset(),
                replayFrom,
                StoredLineage.of(new ChangelogEdit(view).store()).states(),
                all.models(),
                all.mathematics())
            .encode());
    return view;
  }

  /** The SHA-256 of all that the models have learned that all of this gives. */
  private Map<String, String> states(List<Sent> sent) {
    return states(new ChangelogEdit(run(sent, "0s")).store());
  }

  private static Map<String, String> states(WeightsStore store) {
    Map<String, String> states = new HashMap<>();
    for (String name : store.names()) {
      states.put(name, ModelCodec.stateSha256(Objects.requireNonNull(store.get(name))));
    }
    return states;
  }

  /** The same, after what is stored has been completed. */
  private Map<String, String> relearned(ChangelogView stored, List<Sent> sent) {
    ServiceConfig config = TopologyRun.config(directory, settings("10m"));
    long labels = sent.stream().filter(Sent::labels).count();
    TestInput imagesLog = log(config.topics().images(), sent.size() - labels);
    TestInput labelsLog = log("streamgrad.labels", labels);
    long nextImages = 0;
    long nextLabels = 0;
    for (Sent next : sent) {
      if (next.labels()) {
        labelsLog.add(nextLabels++, 0, next.key(), next.value());
      } else {
        imagesLog.add(nextImages++, 0, next.key(), next.value());
      }
    }
    WeightsStore store = new ChangelogEdit(stored).store();
    Optional<InputReplay> lacking =
        new TaskInput(config, new InputLogs(imagesLog, labelsLog))
            .begin(0, store, StoredLineage.of(store), new PendingImages(config, 0, imagesLog));
    lacking.orElseThrow().run();
    return states(store);
  }

  /** What the changelog has after that. */
  private ChangelogView run(List<Sent> sent, String recoveryTarget) {
    ChangelogView view = new ChangelogView();
    InputLogs logs = new InputLogs(log("streamgrad.images", -1), log("streamgrad.labels", -1));
    try (TopologyRun run =
        new TopologyRun(
            directory,
            settings(recoveryTarget),
            (config, metrics) ->
                new LearnProcessor(
                    config,
                    TopologyRun.partitions(config),
                    metrics,
                    new LearnStep(config, metrics),
                    new RunningTasks(),
                    logs,
                    LearnProcessor.ON_THE_WAY))) {
      for (Sent next : sent) {
        run.send(next.labels(), next.model(), next.value(), 0);
        run.raw(CHANGELOG).forEach(record -> view.put(record.key(), record.value()));
      }
      run.applied().stream().map(Applied::getOutcome).forEach(outcomes::add);
    }
    return view;
  }

  private static Map<String, String> settings(String recoveryTarget) {
    Map<String, String> all = new HashMap<>();
    all.put("topics.labels", "streamgrad.labels");
    all.put("recovery-target", recoveryTarget);
    return all;
  }

  private static TestInput log(String topic, long committed) {
    return new TestInput(new LogState(topic, TestInput.ID, 0, 1, 0, 100, committed));
  }

  private static Sent images(String model, int i, String id) {
    ImageBatch batch = BATCHES.get(i).toBuilder().clearLabels().setBatchId(id).build();
    return new Sent(model, batch.toByteArray(), false);
  }

  private static Sent labels(String model, int i, String id) {
    LabelBatch.Builder labels = LabelBatch.newBuilder().setBatchId(id);
    return new Sent(
        model, labels.setLabels(BATCHES.get(i).getLabels()).build().toByteArray(), true);
  }
}
