package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.chaos.Reliability;
import io.streamgrad.cli.StreamgradCommand;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.Disagreement.Kind;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** The oracle, and the watcher, over topics into which others have written. */
class ForeignRecordsIT extends OracleTests {
  private static final long SEED = 20;
  private static final int ROUNDS = 5;
  private static final int BATCHES = 10; // a round
  private static final int FOREIGN = 60; // a round and topic

  @Test
  void givenForeignRecordsInEveryTopicThenEachIsFoundAndAllElseIsCompared() throws Exception {
    ServiceConfig config =
        broker.config("zoo", Map.of("snapshots.every-updates", "7", "commit-interval", "20ms"));
    ForeignRecords foreign = new ForeignRecords(SEED, "zoo.images");
    List<byte[]> values = new ArrayList<>();
    TestBatches.labeled(ROUNDS * BATCHES, SEED).forEach(batch -> values.add(batch.toByteArray()));
    values.set(23, new byte[] {1, 2, 3}); // a bad one
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      for (int round = 0; round < ROUNDS; round++) {
        broker.send("zoo.images", values.subList(round * BATCHES, (round + 1) * BATCHES));
        OracleBroker.awaitCommitted(service, config, (round + 1L) * BATCHES);
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (int i = 0; i < FOREIGN; i++) {
          records.add(foreign.prediction("zoo.predictions"));
          records.add(foreign.deadLetter("zoo.dead-letters"));
          records.add(foreign.snapshot("zoo.snapshots"));
        }
        broker.sendRecords(records);
      }
    }
    List<ProducerRecord<byte[], byte[]>> stored = new ArrayList<>();
    for (int i = 0; i < FOREIGN; i++) {
      stored.add(foreign.stored(ChangelogReader.topic("zoo")));
    }
    broker.sendRecords(stored);
    // Only the position has keys without a name, of another length.
    broker.put(ChangelogReader.topic("zoo"), new byte[] {0}, new byte[] {1});
    broker.put(ChangelogReader.topic("zoo"), new byte[] {0, 0, 0, 0, 0, 0, 0}, new byte[20]);

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);

    long all = 3L * ROUNDS * FOREIGN + FOREIGN + 2;
    assertThat(report.counts()).containsExactly(Map.entry(Kind.FOREIGN_RECORD, all));
    assertThat(report.totals())
        .containsExactly("foreign record: %d in all, only the first 20 are shown".formatted(all));
    assertThat(report.disagreements())
        .hasSize(20)
        .allMatch(d -> d.toString().matches("foreign record: zoo\\S+-0@\\d+ .+"));
    assertThat(report.predictions()).isEqualTo(values.size() - 1);
    assertThat(report.deadLetters()).isEqualTo(1);
    assertThat(report.models()).hasSize(1).allMatch(VerificationReport.Model::weightsCompared);
    assertThat(Verifier.verify(config, Verifier.Scope.of("a")).agrees()).isTrue();

    broker.deleteStart("zoo.images", 15); // so that it begins with a snapshot
    VerificationReport cut = Verifier.verify(config, Verifier.Scope.of("a"));
    assertThat(cut.disagreements()).isEmpty();
    assertThat(cut.models()).allMatch(model -> model.since() > 0 && model.weightsCompared());

    givenForeignRecordsThenTheWatcherPassesThemOver(config);
    Reliability.row(
        Reliability.Table.KINDS,
        "foreign records and tombstones in predictions, dead letters, snapshots and changelog,"
            + " among the service's own",
        SEED,
        all,
        "verify finds each, with its place, and compares all else");
  }

  private static void givenForeignRecordsThenTheWatcherPassesThemOver(ServiceConfig config) {
    int records = broker.read("zoo.predictions").size();
    String server = config.kafka().values().getOrDefault("bootstrap.servers", "");
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    int exit;
    try {
      System.setOut(new PrintStream(shown, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
      exit =
          StreamgradCommand.run(
              "watch",
              "predictions",
              "--bootstrap-server",
              server,
              "--topic",
              "zoo.predictions",
              "--from-beginning",
              "--until-time", // it ends where the topic does
              Instant.now().toString());
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    assertThat(exit).isZero();
    List<String> passedOver =
        said.toString(StandardCharsets.UTF_8).lines().filter(l -> l.contains("passed")).toList();
    assertThat(passedOver)
        .isNotEmpty()
        .allMatch(l -> l.matches("zoo\\.predictions-0@\\d+ is passed over: not a Prediction.*"));
    assertThat(shown.toString(StandardCharsets.UTF_8).lines())
        .hasSize(records - passedOver.size())
        .filteredOn(line -> line.contains("zoo.images-0@"))
        .hasSizeGreaterThanOrEqualTo(ROUNDS * BATCHES - 1);
  }

  @Test
  void givenOutputsOfPlausibleInputsThenTheyAreExtraAndHideNoOther() {
    ServiceConfig config = broker.config("plausible", Map.of("snapshots.every-updates", "10"));
    broker.serve(config, TestBatches.labeled(25, 1), 25);
    List<Long> offsets = new ArrayList<>(List.of(0L, 12L, 24L, 25L, 1000L, Long.MAX_VALUE));
    Collections.shuffle(offsets, new Random(SEED));
    String topic = "plausible.mixed";
    broker.createTopic(topic);
    List<byte[]> mixed = new ArrayList<>();
    broker.read("plausible.predictions").forEach(record -> mixed.add(record.value()));
    for (long offset : offsets) {
      mixed.add(
          1 + new Random(offset).nextInt(mixed.size() - 1),
          PredictionBatch.newBuilder()
              .setModel("a")
              .setInput(InputPosition.newBuilder().setTopic("plausible.images").setOffset(offset))
              .build()
              .toByteArray());
    }
    broker.send(topic, mixed);
    ServiceConfig other =
        broker.config(
            "plausible", Map.of("snapshots.every-updates", "10", "topics.predictions", topic));

    VerificationReport report = Verifier.verify(other, Verifier.Scope.ALL);

    // Each of them: one wrong or extra; of those beyond what is committed, the highest is told.
    assertThat(report.disagreementCount()).isBetween(4L, 8L);
    assertThat(report.counts().keySet())
        .isSubsetOf(Kind.EXTRA_PREDICTION, Kind.WRONG_PREDICTION, Kind.MISSING_PREDICTION);
    assertThat(report.predictions()).isGreaterThanOrEqualTo(25 - 3);
    assertThat(report.disagreements())
        .anyMatch(d -> d.toString().contains("@" + Long.MAX_VALUE + ": plausible.mixed-0@"));
  }

  @Test
  void givenASnapshotThatCannotBeReadThenTheNextIsBegunWith() {
    ServiceConfig config = broker.config("unreadable", Map.of("snapshots.every-updates", "10"));
    broker.serve(config, TestBatches.labeled(30, 1), 30);
    ModelSnapshot.Builder unreadable =
        ModelSnapshot.newBuilder()
            .setModel("a")
            .setPieces(1)
            .setInput(InputPosition.newBuilder().setTopic("unreadable.images").setOffset(12))
            .setState(ByteString.copyFrom(new byte[50]));
    byte[] key = "a/zoo".getBytes(StandardCharsets.UTF_8);
    broker.put("unreadable.snapshots", key, unreadable.build().toByteArray());
    broker.deleteStart("unreadable.images", 12);

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);

    assertThat(report.counts()).containsExactly(Map.entry(Kind.WRONG_SNAPSHOT, 1L));
    assertThat(report.models().get(0).since()).isEqualTo(19);
  }
}
