package io.streamgrad.verify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.Command.Kind;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The oracle where the start of the images is deleted, and labels and commands are all there. */
class CutLogsIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(60, 7);

  private int images;
  private int labels;
  private int commands;

  /** It has obeyed commands and learned labels before the cut and after it, and is idle. */
  @Test
  void aModelWithoutASnapshotIsLeftOutWithAReasonAndTheOthersAreJudged() {
    ServiceConfig config = config("idle", Map.of("topics.labels", "idle.labels"));
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      batch(service, config, "b", 0);
      command(service, config, "b", Kind.PAUSE);
      command(service, config, "b", Kind.PAUSE); // is refused
      command(service, config, "b", Kind.RESUME);
      command(service, config, "c", Kind.PAUSE); // there is none
      batch(service, config, "d", 1);
      command(service, config, "d", Kind.DELETE);
      unlabeled(service, config, "b", 2);
      unlabeled(service, config, "b", 3);
      labels(service, config, "b", 2);
      batches(service, config, "a", 10, 30);
      command(service, config, "b", Kind.RESET);
      command(service, config, "d", Kind.DELETE); // is refused
      labels(service, config, "b", 3);
      command(service, config, "a", Kind.RESET);
      batches(service, config, "a", 30, 40);
    }
    assertThat(OracleBroker.verify(config)).as("whole").isEmpty();
    broker.deleteStart(config.topics().images(), 15);

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);

    assertThat(report.disagreements()).isEmpty();
    assertThat(report.models())
        .extracting(VerificationReport.Model::name, VerificationReport.Model::weightsCompared)
        .containsExactly(tuple("a", true));
    assertThat(report.notes())
        .anyMatch(
            note ->
                note.startsWith(
                    "what labels and commands did to 2 models without batches since is not looked"
                        + " at, the first by name: idle.images-0 begins at offset 15, and there is"
                        + " no snapshot of model \"b\""));
    assertThatThrownBy(() -> Verifier.verify(config, Verifier.Scope.of("b")))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("there is no snapshot of model \"b\"");

    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      labels(service, config, "b", 59); // are kept for their batch, in no stored state yet
      assertThat(OracleBroker.verify(config)).isEmpty();
      command(service, config, "b", Kind.RESET); // version 0, as of a new model
      batch(service, config, "b", 5);
    }
    assertThatThrownBy(() -> OracleBroker.verify(config))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("there is no snapshot of model \"b\"");
  }

  private static ServiceConfig config(String name, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("topics.commands", name + ".commands");
    all.put("topics.applied", name + ".applied");
    all.put("snapshots.every-updates", "7");
    all.put("recovery-target", "10m");
    ServiceConfig config = broker.config(name, all);
    config.readTopics().forEach(topic -> broker.createTopic(topic, Map.of()));
    return config;
  }

  private void batches(
      StreamsService service, ServiceConfig config, String model, int from, int to) {
    for (int i = from; i < to; i++) {
      put(config.topics().images(), model, BATCHES.get(i).toByteArray());
    }
    images += to - from;
    OracleBroker.awaitCommitted(service, config, images);
  }

  private void batch(StreamsService service, ServiceConfig config, String model, int i) {
    batches(service, config, model, i, i + 1);
  }

  private void unlabeled(StreamsService service, ServiceConfig config, String model, int i) {
    ImageBatch batch = BATCHES.get(i).toBuilder().clearLabels().setBatchId("id-" + i).build();
    put(config.topics().images(), model, batch.toByteArray());
    OracleBroker.awaitCommitted(service, config, ++images);
  }

  private void labels(StreamsService service, ServiceConfig config, String model, int i) {
    LabelBatch late =
        LabelBatch.newBuilder().setBatchId("id-" + i).setLabels(BATCHES.get(i).getLabels()).build();
    put(config.topics().labels(), model, late.toByteArray());
    OracleBroker.awaitCommitted(service, config, config.topics().labels(), ++labels);
  }

  private void command(StreamsService service, ServiceConfig config, String model, Kind kind) {
    Command command = Command.newBuilder().setId("id-" + commands).setKind(kind).build();
    put(config.topics().commands(), model, command.toByteArray());
    OracleBroker.awaitCommitted(service, config, config.topics().commands(), ++commands);
  }

  private static void put(String topic, String model, byte[] value) {
    broker.put(topic, model.getBytes(UTF_8), value);
  }
}
