package io.streamgrad.streams.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.wire.ImportCommands;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.config.TopicConfig;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a deleted model once the broker has compacted the changelog. */
class DeletedModelIT {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(12, 31);

  @TempDir private Path directory;

  private int images;
  private int commands;

  @Test
  void afterCompactionNothingIsThereButThatItWasDeletedAndItsNameBeginsAnew() {
    try (OracleBroker broker =
        new OracleBroker(directory, Map.of("log.cleaner.backoff.ms", "100"))) {
      ServiceConfig config = config(broker, "before");
      config.readTopics().forEach(topic -> broker.createTopic(topic, Map.of()));
      try (ServiceMetrics metrics = OracleBroker.metrics(config);
          StreamsService service = StreamsService.start(config, metrics)) {
        OracleBroker.awaitReady(service);
        compactAtOnce(broker, config);
        for (ImageBatch batch : BATCHES.subList(0, 5)) {
          batch(broker, service, config, "d", batch);
        }
        batch(broker, service, config, "d", BATCHES.get(5).toBuilder().clearLabels().build());
        command(broker, service, config, command("s", Kind.SNAPSHOT).setTag("t").build());
        command(broker, service, config, command("r", Kind.RESET).build()); // keeps one as well
        command(broker, service, config, firstPiece(config));
        assertThat(slots(broker, config))
            .contains(ChangelogLayout.TAGS, ChangelogLayout.IMPORT)
            .containsAnyOf((byte) 0, (byte) 1);
        assertThat(metrics.scrape()).contains("model=\"d\"");

        command(broker, service, config, command("x", Kind.DELETE).build());
        assertThat(metrics.scrape()).doesNotContain("model=\"d\"");
        Awaitility.await()
            .atMost(Duration.ofMinutes(2))
            .until(
                () -> {
                  batch(broker, service, config, "a", BATCHES.get(6)); // begins a new segment
                  return slots(broker, config).equals(Set.of(ChangelogLayout.DELETED));
                });
      }
      assertThat(OracleBroker.verify(config)).as("compacted").isEmpty();

      ServiceConfig elsewhere = config(broker, "after"); // has the changelog alone
      try (ServiceMetrics metrics = OracleBroker.metrics(elsewhere);
          StreamsService service = StreamsService.start(elsewhere, metrics)) {
        OracleBroker.awaitReady(service);
        assertThat(metrics.scrape()).contains("model=\"a\"").doesNotContain("model=\"d\"");
        batch(broker, service, elsewhere, "d", BATCHES.get(7));
        command(broker, service, elsewhere, command("x", Kind.DELETE).build()); // was obeyed
      }
      assertThat(OracleBroker.verify(elsewhere)).as("begun again").isEmpty();
      ChangelogView stored = broker.stored(elsewhere);
      assertThat(Objects.requireNonNull(stored.get("d")).state().control().incarnation())
          .isEqualTo(2); // after the reset and the deletion
    }
  }

  private static ServiceConfig config(OracleBroker broker, String stateDir) {
    Map<String, String> settings = new HashMap<>();
    settings.put("models.d.layers", "[4, 30000, 3]"); // a state of several pieces
    settings.put("recovery-target", "0s");
    for (String topic : List.of("labels", "commands", "applied")) {
      settings.put("topics." + topic, "deleted." + topic);
    }
    ServiceConfig any = broker.config("deleted", settings);
    settings.put("state-dir", any.stateDir().resolve(stateDir).toString());
    return broker.config("deleted", settings);
  }

  /** What was written is compacted with the next record, and deletions with the one after. */
  private static void compactAtOnce(OracleBroker broker, ServiceConfig config) {
    String changelog = ChangelogReader.topic(config.applicationId());
    broker.alterTopic(changelog, TopicConfig.SEGMENT_MS_CONFIG, "1");
    broker.alterTopic(changelog, TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, "0");
    broker.alterTopic(changelog, TopicConfig.DELETE_RETENTION_MS_CONFIG, "0");
  }

  /** The slots that the log has any record of the model in, deletions too. */
  private static Set<Byte> slots(OracleBroker broker, ServiceConfig config) {
    Set<Byte> slots = new TreeSet<>();
    broker
        .read(ChangelogReader.topic(config.applicationId()))
        .forEach(
            record -> {
              if ("d".equals(ChangelogView.model(record.key()))) {
                slots.add(ChangelogLayout.slot(Key.of(record.key())));
              }
            });
    return slots;
  }

  private void batch(
      OracleBroker broker,
      StreamsService service,
      ServiceConfig config,
      String model,
      ImageBatch batch) {
    broker.put(config.topics().images(), model.getBytes(UTF_8), batch.toByteArray());
    OracleBroker.awaitCommitted(service, config, ++images);
  }

  private void command(
      OracleBroker broker, StreamsService service, ServiceConfig config, Command command) {
    broker.put(config.topics().commands(), "d".getBytes(UTF_8), command.toByteArray());
    OracleBroker.awaitCommitted(service, config, config.topics().commands(), ++commands);
  }

  private static Command.Builder command(String id, Kind kind) {
    return Command.newBuilder().setId(id).setKind(kind);
  }

  /** Others never come. */
  private static Command firstPiece(ServiceConfig config) {
    ModelState state = ModelState.initial(config.model("d"));
    byte[] bytes = ModelCodec.encode(new ModelEntry(state, Lineage.NONE));
    return ImportCommands.of("i", bytes, 1024).get(0);
  }
}
