package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.StoredSample;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.streams.admin.Topics;
import io.streamgrad.streams.settings.StreamsProperties;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.wire.SnapshotMessages;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An upgrade: the service goes on from what an earlier version has stored. */
class StoredLayoutIT {
  @TempDir private Path directory;

  @Test
  void givenAChangelogOfLayout1ThenTheServiceGoesOnFromIt() throws Exception {
    StoredSample sample = StoredSample.read(1);
    int next = StoredSample.nextBatches().size();
    try (OracleBroker broker = new OracleBroker(directory)) {
      Map<String, String> settings = new HashMap<>(StoredSample.SETTINGS);
      settings.put("snapshots.every-updates", "1000");
      ServiceConfig config = broker.config("upgraded", settings);
      leftByAnEarlierVersion(broker, config, sample);
      assertThat(broker.stored(config, "a")).isEqualTo(sample.weightsSha256());

      broker.send(config.topics().images(), values(StoredSample.nextBatches()));
      try (ServiceMetrics metrics = OracleBroker.metrics();
          StreamsService service = StreamsService.start(config, metrics)) {
        OracleBroker.awaitCommitted(
            service, config, StoredSample.storedBatches().size() + (long) next);
      }

      assertThat(broker.stored(config, "a")).isEqualTo(sample.nextWeightsSha256());
      assertThat(OracleBroker.verify(config)).isEmpty();
      Reliability.row(
          Reliability.Table.FAULTS,
          "upgraded: weights of layout 1, as an earlier version stored them, taken over",
          18,
          1,
          next,
          next,
          "agrees");
    }
  }

  /** The changelog, and a snapshot for the oracle to begin with; its batches are gone. */
  private static void leftByAnEarlierVersion(
      OracleBroker broker, ServiceConfig config, StoredSample sample) {
    broker.putStored(config, sample.keyBytes(), sample.valueBytes());
    String images = config.topics().images();
    int batches = StoredSample.storedBatches().size();
    try (Admin admin = Admin.create(StreamsProperties.admin(config))) {
      Topics.prepare(admin, config);
    }
    broker.send(images, values(StoredSample.storedBatches()));
    broker.deleteStart(images, batches);

    ChangelogView changelog = new ChangelogView();
    changelog.put(sample.keyBytes(), sample.valueBytes());
    ModelEntry model = Objects.requireNonNull(changelog.get("a"));
    InputPosition last = InputPosition.newBuilder().setTopic(images).setOffset(batches - 1).build();
    SnapshotMessages.of("a", model, last, 0)
        .forEach(
            (key, piece) ->
                broker.put(
                    config.topics().snapshots(),
                    key.getBytes(StandardCharsets.UTF_8),
                    piece.toByteArray()));
  }

  private static List<byte[]> values(List<ImageBatch> batches) {
    return batches.stream().map(ImageBatch::toByteArray).toList();
  }
}
