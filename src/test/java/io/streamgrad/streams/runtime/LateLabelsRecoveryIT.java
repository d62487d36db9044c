package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.adopt.Adoptions;
import io.streamgrad.streams.adopt.Adoptions.ContinueAt;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Applied.Outcome;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Late labels on a real broker where something else happens meanwhile: topics are cut or made anew,
 * settings change, records come that are no labels.
 */
class LateLabelsRecoveryIT extends OracleTests {
  /** Of three images each. */
  private static final List<ImageBatch> BATCHES =
      TestBatches.labeled(1000, 3).stream()
          .filter(batch -> batch.getLabels().size() == 3)
          .limit(40)
          .toList();

  /** A batch of so many images ends a service that is to crash. */
  private static final int FATAL = 9;

  // ---- restarts

  /** Labels are learned with images from before the settings changed. */
  @Test
  void whatWasRefusedUnderOtherSettingsIsNotLearnedWhenLabelsNeedOlderImages() throws Exception {
    ServiceConfig before = config("allow", Map.of("models.allow", "[a]"));
    serve(
        before,
        service -> {
          images(service, before, "a", 0, "");
          images(service, before, "b", 1, ""); // a dead letter
        });
    ServiceConfig config = config("allow", Map.of("recovery-target", "10m"));
    crash(
        config,
        service -> {
          images(service, config, "a", 2, "");
          labels(service, config, "a", 0, 0);
        });
    assertThat(stored(config).replayFrom()).isLessThan(3);
    serve(config, service -> images(service, config, "a", 3, ""));
    assertThat(broker.stored(config).names()).doesNotContain("b");
  }

  @Test
  void adoptHelpsWhereLabelsThatStatesLackAreGone() throws Exception {
    ServiceConfig config = config("gone", Map.of("recovery-target", "10m"));
    crash(
        config,
        service -> {
          for (int i = 0; i < 3; i++) {
            images(service, config, "a", i, "");
          }
          labels(service, config, "a", 0, 0);
        });
    makeAnew(config.topics().labels(), config);
    try (Adoptions adoptions = new Adoptions(config)) {
      assertThat(adoptions.isNothingWrong()).isFalse();
      adoptions.adopt(ContinueAt.OFFSET, "a test");
    }
    serve(
        config,
        service -> {
          images(service, config, "a", 3, "");
          labels(service, config, "a", 3, 4); // behind the batch that it failed at
        });
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  // ---- the oracle

  @Test
  void theOracleDoesNotMissWhatComesOfLabelsAfterTheServiceHasStopped() throws Exception {
    ServiceConfig config = config("after", Map.of());
    serve(
        config,
        service -> {
          images(service, config, "a", 0, "");
          labels(service, config, "a", 0, 0);
        });
    broker.put(config.topics().labels(), new byte[] {'a'}, new byte[] {1, 2});
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  @Test
  void theOracleBeginsWithASnapshotWhereTheStartOfTheImagesIsDeleted() throws Exception {
    ServiceConfig config = config("cut-images", Map.of("snapshots.every-updates", "4"));
    serve(config, service -> mixed(service, config));
    assertThat(OracleBroker.verify(config)).isEmpty();
    assertThat(applied(config))
        .extracting(Applied::getOutcome)
        .contains(Outcome.LEARNED, Outcome.HELD, Outcome.REPEATED);

    for (long start : new long[] {8, 12, 15}) {
      broker.deleteStart(config.topics().images(), start);
      VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
      assertThat(report.disagreements()).as("from %d", start).isEmpty();
      assertThat(report.models().get(0).weightsCompared()).as("from %d", start).isTrue();
    }
    broker.deleteStart(config.topics().labels(), 5);
    assertThat(OracleBroker.verify(config)).as("labels cut").isEmpty();
    broker.deleteStart(
        config.topics().applied(), broker.read(config.topics().applied()).get(8).offset());
    assertThat(OracleBroker.verify(config)).as("applied cut").isEmpty();
  }

  @Test
  void theOracleLooksAsFarAsItIsToldTo() throws Exception {
    ServiceConfig config = config("until", Map.of("snapshots.every-updates", "2"));
    serve(
        config,
        service -> {
          for (int i = 0; i < 4; i++) {
            images(service, config, "a", i, "");
          }
          for (int i = 4; i < 10; i++) {
            images(service, config, "b", i, "");
          }
          for (int i = 0; i < 4; i++) {
            labels(service, config, "a", i, i);
          }
        });
    assertThat(OracleBroker.verify(config)).isEmpty();
    for (long until = 0; until < 10; until++) {
      VerificationReport report = Verifier.verify(config, new Verifier.Scope(null, until));
      assertThat(report.disagreements()).as("until %d", until).isEmpty();
    }
    for (String model : List.of("a", "b")) {
      assertThat(Verifier.verify(config, Verifier.Scope.of(model)).disagreements())
          .as(model)
          .isEmpty();
    }
  }

  /** Labeled batches, and some whose labels come later, early, twice and not at all. */
  private static void mixed(StreamsService service, ServiceConfig config) {
    for (int i = 0; i < 24; i++) {
      if (i % 3 == 0) {
        images(service, config, "a", i, "id-" + i);
        if (i >= 3) {
          labels(service, config, "a", i - 3, i - 3);
          labels(service, config, "a", i - 3, i - 3);
        }
      } else if (i % 6 == 4) {
        early(service, config, "a", i, "id-" + i);
        images(service, config, "a", i, "id-" + i);
      } else {
        send(service, config, "a", BATCHES.get(i));
      }
    }
  }

  // ---- what they do

  private interface Actions {
    void with(StreamsService service) throws Exception;
  }

  private static void serve(ServiceConfig config, Actions actions) throws Exception {
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      actions.with(service);
    }
  }

  private static void crash(ServiceConfig config, Actions actions) throws Exception {
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service =
            ServiceOf.stepsOf(config, metrics, () -> new Crashing(config, metrics))) {
      actions.with(service);
      ImageBatch fatal =
          ImageBatch.newBuilder()
              .setHeight(2)
              .setWidth(2)
              .setPixels(ByteString.copyFrom(new byte[4 * FATAL]))
              .build();
      broker.put(config.topics().images(), new byte[] {'a'}, fatal.toByteArray());
      assertThat(service.awaitStopped()).hasRootCauseMessage("fails on purpose");
    }
  }

  private static final class Crashing extends LearnStep {
    Crashing(ServiceConfig config, ServiceMetrics metrics) {
      super(config, metrics);
    }

    @Override
    protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
      if (batch.images() == FATAL) {
        throw new IllegalStateException("fails on purpose");
      }
      return super.predict(learner, state, batch);
    }
  }

  private static ServiceConfig config(String name, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("topics.labels", name + ".labels");
    all.put("topics.applied", name + ".applied");
    return broker.config(name, all);
  }

  private static Position stored(ServiceConfig config) {
    return Objects.requireNonNull(broker.stored(config).position());
  }

  /** Without labels. */
  private static void images(
      StreamsService service, ServiceConfig config, String model, int i, String id) {
    send(service, config, model, BATCHES.get(i).toBuilder().clearLabels().setBatchId(id).build());
  }

  private static void send(
      StreamsService service, ServiceConfig config, String model, ImageBatch batch) {
    send(service, config, config.topics().images(), model, batch.toByteArray());
  }

  private static void labels(
      StreamsService service, ServiceConfig config, String model, int i, long offset) {
    LabelBatch labels =
        LabelBatch.newBuilder()
            .setInput(InputPosition.newBuilder().setOffset(offset))
            .setLabels(BATCHES.get(i).getLabels())
            .build();
    send(service, config, config.topics().labels(), model, labels.toByteArray());
  }

  private static void early(
      StreamsService service, ServiceConfig config, String model, int i, String id) {
    LabelBatch labels =
        LabelBatch.newBuilder().setBatchId(id).setLabels(BATCHES.get(i).getLabels()).build();
    send(service, config, config.topics().labels(), model, labels.toByteArray());
  }

  /** Sends a record, and waits until it is committed. */
  private static void send(
      StreamsService service, ServiceConfig config, String topic, String model, byte[] value) {
    broker.put(topic, model.getBytes(StandardCharsets.UTF_8), value);
    OracleBroker.awaitCommitted(service, config, topic, end(config, topic));
  }

  private static long end(ServiceConfig config, String topic) {
    var records = broker.read(topic);
    assertThat(config.readTopics()).contains(topic);
    return records.get(records.size() - 1).offset() + 1;
  }

  private static List<Applied> applied(ServiceConfig config) throws Exception {
    List<Applied> applied = new ArrayList<>();
    for (var record : broker.read(config.topics().applied())) {
      applied.add(Applied.parseFrom(record.value()));
    }
    return applied;
  }

  private static void makeAnew(String topic, ServiceConfig config) throws Exception {
    try (Admin admin = Admin.create(new HashMap<>(config.kafka().client("admin")))) {
      admin.deleteTopics(List.of(topic)).all().get();
      Awaitility.await()
          .ignoreExceptions()
          .until(
              () -> {
                admin
                    .createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())))
                    .all()
                    .get();
                return true;
              });
    }
  }
}
