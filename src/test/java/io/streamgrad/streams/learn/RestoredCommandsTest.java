package io.streamgrad.streams.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.ComparisonLayout;
import io.streamgrad.format.changelog.DeletedModel;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.store.ChangelogEdit;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.StoredLineage;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.Setting;
import io.streamgrad.wire.ImportCommands;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * After a crash between any two commits, models that have obeyed commands are as they were. No
 * state is written but those that commands ask for. The test driver commits after each record.
 */
class RestoredCommandsTest {
  private static final String CHANGELOG = "streamgrad-weights-changelog";
  private static final String[] TOPICS = {
    "streamgrad.images", "streamgrad.labels", "streamgrad.commands"
  };
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(80, 3);
  private static final int RECORDS = 60;

  @TempDir private Path directory;

  /**
   * A record of the input.
   *
   * @param topic its place among them
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  private record Sent(String model, int topic, byte[] value, long timestamp) {
    byte[] key() {
      return model.getBytes(StandardCharsets.UTF_8);
    }
  }

  /** Odd seeds without a labels topic: there, a batch without labels leaves nothing behind. */
  @ParameterizedTest
  @ValueSource(
      longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 25, 29, 31, 39})
  void afterACrashBetweenAnyTwoCommitsAllIsAsItWas(long seed) {
    Map<String, String> settings = settings((int) seed);
    List<Sent> sent = records(settings, new Random(seed));
    ChangelogView view = new ChangelogView();
    InputLogs none = logs(settings, new TestInput[] {log(0, -1), log(1, -1), log(2, -1)});
    try (TopologyRun run =
        new TopologyRun(
            directory,
            settings,
            (config, metrics) ->
                new LearnProcessor(
                    config,
                    TopologyRun.partitions(config),
                    metrics,
                    new LearnStep(config, metrics),
                    new RunningTasks(),
                    none,
                    LearnProcessor.ON_THE_WAY))) {
      for (int i = 0; i < sent.size(); i++) {
        Sent next = sent.get(i);
        run.send(TOPICS[next.topic()], next.model(), next.value(), next.timestamp());
        run.raw(CHANGELOG).forEach(record -> view.put(record.key(), record.value()));

        assertThat(restored(settings, view, sent.subList(0, i + 1)))
            .as("after record %d", i)
            .isEqualTo(all(run.weights()));
      }
    }
  }

  /** All that is known of models, by what it is. */
  private static Map<String, String> all(WeightsStore store) {
    Map<String, String> all = new TreeMap<>();
    for (String name : new String[] {"a", "b", "c", "f", "g"}) {
      if (store.names().contains(name)) {
        all.put(name, ModelCodec.stateSha256(Objects.requireNonNull(store.get(name))));
        all.put(name + " at", Objects.requireNonNull(store.get(name)).lineage().toString());
      }
      Comparison comparison = store.comparisons().get(name);
      all.put(
          name + " compared",
          comparison == null ? "" : Arrays.toString(ComparisonLayout.encode(comparison)));
      DeletedModel deleted = store.deleted(name);
      all.put(name + " deleted", String.valueOf(deleted));
      all.put(name + " import", String.valueOf(store.imported().get(name)));
      for (boolean automatic : new boolean[] {true, false}) {
        for (String tag : store.tagged().tags(name, automatic)) {
          TaggedState kept = Objects.requireNonNull(store.tagged().get(name, tag));
          all.put(name + " " + tag, Integer.toString(Arrays.hashCode(kept.state())));
        }
      }
    }
    return all;
  }

  private Map<String, String> restored(
      Map<String, String> settings, ChangelogView stored, List<Sent> sent) {
    ServiceConfig config = TopologyRun.config(directory, settings);
    TestInput[] logs = new TestInput[TOPICS.length];
    for (int topic = 0; topic < TOPICS.length; topic++) {
      int of = topic;
      List<Sent> ofTopic = sent.stream().filter(each -> each.topic() == of).toList();
      logs[topic] = log(topic, ofTopic.size());
      for (int i = 0; i < ofTopic.size(); i++) {
        Sent each = ofTopic.get(i);
        logs[topic].add(i, each.timestamp(), each.key(), each.value());
      }
    }
    WeightsStore store = new ChangelogEdit(stored).store();
    new TaskInput(config, logs(settings, logs))
        .begin(0, store, StoredLineage.of(store), new PendingImages(config, 0, logs[0]))
        .ifPresent(InputReplay::run);
    return all(store);
  }

  private static Map<String, String> settings(int variant) {
    Map<String, String> all = new HashMap<>();
    if (variant % 2 == 0) {
      all.put("topics.labels", TOPICS[1]);
    }
    all.put("topics.commands", TOPICS[2]);
    all.put("recovery-target", "10m");
    all.put("model.drift.detector", "two-averages");
    all.put("model.drift.response", variant % 4 < 2 ? "restart-average" : "report");
    all.put("model.replay.images", "30");
    all.put("model.replay.shift", "1");
    all.put("model.replay.per-batch", Integer.toString(1 + variant % 3));
    all.put("model.replay.policy", List.of("reservoir", "fifo", "balanced").get(variant / 2 % 3));
    all.put("model.batch-size", Integer.toString(1 + variant % 7));
    all.put("model.batch-wait", variant % 3 == 0 ? "0s" : "3s");
    all.put("model.input-scaling", List.of("unit", "center", "standardize").get(variant / 3 % 3));
    all.put("model.layers", "[4, 40, 3]");
    all.put("models.f.follows", "a");
    all.put("models.f.batch-size", "7");
    all.put("models.g.follows", "a");
    all.put("models.g.learning-rate.initial", "0.3");
    return all;
  }

  private static InputLogs logs(Map<String, String> settings, TestInput[] logs) {
    return new InputLogs(logs[0], settings.containsKey("topics.labels") ? logs[1] : null, logs[2]);
  }

  private static TestInput log(int topic, long committed) {
    return new TestInput(new LogState(TOPICS[topic], TestInput.ID, 0, 1, 0, 100, committed));
  }

  private List<Sent> records(Map<String, String> settings, Random random) {
    List<Sent> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      String model = new String[] {"a", "a", "b", "b", "c"}[random.nextInt(5)];
      String commanded = new String[] {"a", "b", "c", "f", "g"}[random.nextInt(5)];
      switch (random.nextInt(6)) {
        case 0 -> {
          if (random.nextInt(3) == 0) {
            imports(settings, random, i)
                .forEach(piece -> records.add(new Sent(commanded, 2, piece, 0)));
          } else {
            records.add(new Sent(commanded, 2, command(random, i).toByteArray(), 0));
          }
        }
        case 1 -> {
          int of = random.nextInt(BATCHES.size());
          LabelBatch labels =
              LabelBatch.newBuilder()
                  .setBatchId("id-" + of % 10)
                  .setLabels(BATCHES.get(of).getLabels())
                  .build();
          if (settings.containsKey("topics.labels")) {
            records.add(new Sent(model, 1, labels.toByteArray(), timestamp(random)));
          }
        }
        default -> {
          ImageBatch.Builder batch = BATCHES.get(i).toBuilder().setBatchId("id-" + i % 10);
          if (random.nextBoolean()) {
            batch.clearLabels();
          }
          records.add(new Sent(model, 0, batch.build().toByteArray(), timestamp(random)));
        }
      }
    }
    return records;
  }

  /** In some order, and at times far ahead. */
  private static long timestamp(Random random) {
    return random.nextInt(20) == 0 ? 4_000_000_000_000L : random.nextInt(10_000);
  }

  /** The pieces of a state, or the first of them. */
  private List<byte[]> imports(Map<String, String> settings, Random random, int i) {
    ServiceConfig config = TopologyRun.config(directory, settings);
    ModelState state = ModelState.initial(config.model());
    state.parameters().weights(0).data[0] = random.nextFloat();
    byte[] bytes = ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
    List<byte[]> pieces = new ArrayList<>();
    ImportCommands.of("id-" + i, bytes, 1024).forEach(piece -> pieces.add(piece.toByteArray()));
    assertThat(pieces).hasSizeGreaterThan(2);
    return pieces.subList(0, random.nextInt(3) == 0 ? 2 : pieces.size());
  }

  private static Command command(Random random, int i) {
    Kind[] kinds = {
      Kind.RESET,
      Kind.PAUSE,
      Kind.RESUME,
      Kind.RESUME,
      Kind.SET,
      Kind.SNAPSHOT,
      Kind.ROLLBACK,
      Kind.PROMOTE,
      Kind.DELETE
    };
    Kind kind = kinds[random.nextInt(kinds.length)];
    Command.Builder command = Command.newBuilder().setId("id-" + i).setKind(kind);
    if (kind == Kind.SNAPSHOT || kind == Kind.ROLLBACK) {
      command.setTag("tag-" + random.nextInt(2));
    }
    if (kind == Kind.SET) {
      command.addSettings(
          Setting.newBuilder()
              .setKey(List.of("learning-rate.initial", "averaging", "batch-size").get(i % 3))
              .setValue(List.of("0", "1", "0.5", "5", "").get(random.nextInt(5))));
    }
    return command.build();
  }
}
