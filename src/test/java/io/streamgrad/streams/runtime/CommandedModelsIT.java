package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.Setting;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.VerificationException;
import io.streamgrad.wire.ImportCommands;
import io.streamgrad.wire.MessageReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Commands of every kind, some refused, some bad, among images and labels on a real broker: the
 * service crashes and goes on, and the oracle agrees.
 */
class CommandedModelsIT {
  private static final int BATCHES = 150;
  private static final int DELAY = 10; // batches
  private static final int CRASH_AFTER = 130; // predictions, but for those of followers
  private static final int TOGETHER = 10; // records

  @TempDir private static Path directory;
  private static OracleBroker broker;

  @BeforeAll
  static void start() {
    broker = new OracleBroker(directory);
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  /**
   * With all that is behind learned again, and with nothing ever behind; with labels and without.
   */
  @ParameterizedTest
  @CsvSource({"10m, true, 1", "10m, false, 2", "0s, true, 3"})
  void afterACrashAmongCommandsTheOracleAgrees(String target, boolean labels, long seed)
      throws Exception {
    ServiceConfig config =
        config(
            "crash" + seed,
            labels,
            Map.of("recovery-target", target, "snapshots.every-updates", "7"));
    List<ProducerRecord<byte[], byte[]>> records = records(config, seed);
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service =
            ServiceOf.stepsOf(config, metrics, () -> new Crashing(config, metrics))) {
      int sent = 0;
      for (; sent < records.size() / 2; sent += TOGETHER) { // commands overtake the others
        send(records.subList(sent, sent + TOGETHER));
        awaitAll(service, config, records.subList(0, sent + TOGETHER));
      }
      send(records.subList(sent, records.size()));
      assertThat(service.awaitStopped()).hasRootCauseMessage("fails on purpose");
    }
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      awaitAll(service, config, records);
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
    List<Applied> applied = applied(config);
    applied.removeIf(said -> !said.hasCommand());
    assertThat(applied)
        .filteredOn(said -> said.getOutcome() == Outcome.DONE)
        .extracting(Applied::getCommandKind)
        .contains(
            Kind.RESET,
            Kind.PAUSE,
            Kind.RESUME,
            Kind.SET,
            Kind.SNAPSHOT,
            Kind.ROLLBACK,
            Kind.PROMOTE,
            Kind.DELETE,
            Kind.IMPORT);
    assertThat(applied).extracting(Applied::getOutcome).contains(Outcome.REFUSED, Outcome.HELD);
  }

  /** Until then they are in memory. */
  @Test
  void aLargeSnapshotIsCommittedBeforeItsTime() {
    ServiceConfig config =
        config("large", false, Map.of("model.layers", "[4, 200000, 3]", "commit-interval", "10m"));
    byte[] images = TestBatches.labeled(1, 5).get(0).toByteArray();
    byte[] snapshot =
        Command.newBuilder().setId("x").setKind(Kind.SNAPSHOT).setTag("t").build().toByteArray();
    List<ProducerRecord<byte[], byte[]>> batch = new ArrayList<>();
    add(batch, config.topics().images(), key(1), images, 0);
    List<ProducerRecord<byte[], byte[]>> command = new ArrayList<>();
    add(command, config.topics().commands(), key(1), snapshot, 0);
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      send(batch);
      send(command);
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(
              () -> {
                send(batch); // with the next record it is noticed
                return !applied(config).isEmpty();
              });
    }
  }

  /** A command that has no effect, and one that has it a batch late. */
  @ParameterizedTest
  @ValueSource(ints = {Integer.MAX_VALUE, 1})
  void theOracleNoticesThatAPausedModelLearns(int batches) throws IOException {
    ServiceConfig config = config("paused" + batches, false, Map.of());
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    TestBatches.labeled(20, 4)
        .forEach(b -> add(records, config.topics().images(), key(0), b.toByteArray(), 0));
    Command pause = Command.newBuilder().setId("x").setKind(Kind.PAUSE).build();
    records.add(
        10, new ProducerRecord<>(config.topics().commands(), 0, 0L, key(0), pause.toByteArray()));
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service =
            ServiceOf.stepsOf(
                config,
                metrics,
                () ->
                    new LearnStep(config, metrics) {
                      private int learned;

                      @Override
                      protected boolean isPaused(ModelState state) {
                        return super.isPaused(state) && learned++ >= batches;
                      }
                    })) {
      for (int sent : new int[] {10, 11, 21}) {
        send(records.subList(sent == 10 ? 0 : sent == 11 ? 10 : 11, sent));
        awaitAll(service, config, records.subList(0, sent));
      }
    }
    List<String> found = OracleBroker.verify(config);
    assertThat(found).anyMatch(each -> each.startsWith("wrong prediction"));
    Reliability.row(
        Reliability.Table.MUTATIONS,
        batches == 1 ? "a command has its effect a batch late" : "a command has no effect",
        found.size(),
        found.get(0));
    ServiceConfig without = broker.config("paused" + batches, Map.of("model.layers", "[4, 40, 3]"));
    assertThatThrownBy(() -> OracleBroker.verify(without))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("topics.commands is empty, and the models have taken what lies in");
  }

  private static final class Crashing extends LearnStep {
    private int predicted;

    Crashing(ServiceConfig config, ServiceMetrics metrics) {
      super(config, metrics);
    }

    @Override
    protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
      predicted += learner.spec().follows().isEmpty() ? 1 : 0;
      if (predicted > CRASH_AFTER) {
        throw new IllegalStateException("fails on purpose");
      }
      return super.predict(learner, state, batch);
    }
  }

  private static ServiceConfig config(String name, boolean labels, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    if (labels) {
      all.put("topics.labels", name + ".labels");
    }
    all.putIfAbsent("model.layers", "[4, 40, 3]"); // a state of several pieces
    all.put("outputs.followers", "true");
    all.put("models.f.follows", "a");
    all.put("models.f.batch-size", "7");
    all.put("models.g.follows", "a"); // no command is sent to it
    all.put("topics.commands", name + ".commands");
    all.put("topics.applied", name + ".applied");
    ServiceConfig config = broker.config(name, all);
    for (String topic : config.readTopics()) {
      broker.createTopic(topic, Map.of());
    }
    return config;
  }

  private static void send(List<ProducerRecord<byte[], byte[]>> records) {
    broker.sendRecords(records, Map.of("linger.ms", 0, "batch.size", 0));
  }

  private static void awaitAll(
      StreamsService service, ServiceConfig config, List<ProducerRecord<byte[], byte[]>> records) {
    OracleBroker.awaitReady(service);
    for (String topic : config.readTopics()) {
      long sent = records.stream().filter(record -> record.topic().equals(topic)).count();
      if (sent > 0) {
        OracleBroker.awaitCommitted(service, config, topic, sent);
      }
    }
  }

  private static List<Applied> applied(ServiceConfig config) {
    MessageReader<Applied> reader = new MessageReader<>(Applied.getDefaultInstance());
    List<Applied> all = new ArrayList<>();
    broker
        .read(config.topics().applied())
        .forEach(record -> all.add(reader.deserialize("", record.headers(), record.value())));
    return all;
  }

  /** Images of three models, labels of some of them later, and commands, interleaved. */
  private static List<ProducerRecord<byte[], byte[]>> records(ServiceConfig config, long seed) {
    Random random = new Random(seed);
    List<ImageBatch> batches = TestBatches.labeled(BATCHES, seed);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    List<Integer> unlabeled = new ArrayList<>();
    List<Piece> imported = new ArrayList<>();
    String[] commanded = {"a", "b", "f", "f"};
    int commands = 0;
    for (int i = 0; i < BATCHES; i++) {
      ImageBatch.Builder batch = batches.get(i).toBuilder().setBatchId("id-" + i);
      if (config.topics().hasLabels() && random.nextBoolean()) {
        batch.clearLabels();
        unlabeled.add(i);
      }
      add(records, config.topics().images(), key(i), batch.build().toByteArray(), i);
      int of = i - DELAY;
      if (unlabeled.contains(of)) {
        LabelBatch labels =
            LabelBatch.newBuilder()
                .setBatchId("id-" + of)
                .setLabels(batches.get(of).getLabels())
                .build();
        add(records, config.topics().labels(), key(of), labels.toByteArray(), i);
      }
      if (random.nextInt(3) == 0) {
        byte[] command =
            random.nextInt(10) == 0 ? new byte[] {7} : command(random, commands++).toByteArray();
        byte[] model = commanded[random.nextInt(commanded.length)].getBytes(StandardCharsets.UTF_8);
        add(records, config.topics().commands(), model, command, i);
      } else if (random.nextInt(6) == 0) {
        imported.addAll(pieces(config, random, i));
      }
      if (!imported.isEmpty()) { // one after the other, with images between them
        Piece piece = imported.remove(0);
        add(records, config.topics().commands(), piece.key(), piece.value(), i);
      }
    }
    return records;
  }

  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  private record Piece(byte[] key, byte[] value) {}

  /** The pieces of a state, sometimes of one that can't be had, or without one. */
  private static List<Piece> pieces(ServiceConfig config, Random random, int i) {
    ModelState state = ModelState.initial(config.model());
    state.parameters().weights(0).data[0] = random.nextInt(4) == 0 ? Float.NaN : 0.5f;
    byte[] bytes = ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
    byte[] key = key(random.nextInt(4));
    List<Piece> pieces = new ArrayList<>();
    ImportCommands.of("import-" + i, bytes, 1024)
        .forEach(piece -> pieces.add(new Piece(key, piece.toByteArray())));
    if (random.nextInt(4) == 0) {
      pieces.remove(random.nextInt(pieces.size()));
    }
    return pieces;
  }

  private static void add(
      List<ProducerRecord<byte[], byte[]>> records, String topic, byte[] key, byte[] value, int i) {
    records.add(new ProducerRecord<>(topic, 0, 1000L + i, key, value));
  }

  private static byte[] key(int i) {
    return new String[] {"a", "b", "a", "c"}[i % 4].getBytes(StandardCharsets.UTF_8);
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
    Kind kind = kinds[i % kinds.length];
    Command.Builder command = Command.newBuilder().setId("id-" + i).setKind(kind);
    if (kind == Kind.SNAPSHOT || kind == Kind.ROLLBACK) {
      command.setTag("tag-" + i / kinds.length % 2);
    }
    if (kind == Kind.SET) {
      command.addSettings(
          Setting.newBuilder()
              .setKey(random.nextBoolean() ? "learning-rate.initial" : "averaging")
              .setValue(new String[] {"0.01", "0.5", ""}[random.nextInt(3)]));
    }
    return command.build();
  }
}
