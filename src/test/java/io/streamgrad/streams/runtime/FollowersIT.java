package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationException;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import io.streamgrad.wire.ModelPartitions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Followers on a real broker: they begin, crash, end and begin again, and the oracle agrees. */
class FollowersIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(400, 29);

  private int sent;

  @Test
  void followersThatAreAddedTakenAwayAndAddedAgainAreWhatTheOracleSays() throws Exception {
    String name = "followers";
    serve(config(name, Map.of()), 40);
    ServiceConfig with = config(name, Map.of("models.f.follows", "a"));
    serve(with, 40);
    crash(with, 60);
    serve(with, 20);
    assertThat(OracleBroker.verify(with)).as("added").isEmpty();

    // What it was configured with must be known, or nobody could tell what it has learned.
    ServiceConfig without = config(name, Map.of("models.f.seed", "18"));
    serve(without, 40);
    assertThat(broker.stored(without).followers()).noneMatch(each -> each.isOpen());
    assertThat(OracleBroker.verify(config(name, Map.of()))).as("taken away").isEmpty();

    serve(with, 40);
    ServiceConfig more = config(name, Map.of("models.f.follows", "a", "models.g.follows", "a"));
    serve(more, 40);
    assertThat(OracleBroker.verify(more)).as("added again, and another one").isEmpty();
    assertThat(broker.stored(more).followers()).hasSize(3);
  }

  /** One record of the input is three hundred predictions and three hundred states. */
  @Test
  void hundredsOfFollowersOfOneModelAreWhatTheOracleSays() throws Exception {
    Map<String, String> settings = new HashMap<>();
    for (int i = 0; i < 300; i++) {
      settings.put("models.f%d.follows".formatted(i), "a");
      settings.put("models.f%d.seed".formatted(i), Integer.toString(i));
    }
    ServiceConfig config = config("hundreds", settings);
    serve(config, 10);
    crash(config, 60);
    serve(config, 10);
    assertThat(OracleBroker.verify(config)).isEmpty();
    assertThat(broker.stored(config).followers()).hasSize(300);
  }

  /** Its name belongs to another partition, and its leader's counts. */
  @Test
  void aFollowerLivesWhereItsLeaderDoes() {
    ServiceConfig any = broker.config("partitions", Map.of("topics.partitions", "3"));
    ModelPartitions partitions = new ModelPartitions(any, 3);
    String follower = "f";
    while (partitions.of(follower) == partitions.of("a")) {
      follower += "f";
    }
    ServiceConfig config =
        config(
            "partitions",
            Map.of("topics.partitions", "3", "models.%s.follows".formatted(follower), "a"));
    int home = partitions.of("a");
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      send(config, 20);
      OracleBroker.awaitCommitted(service, config, home, sent);
      byte[] key = follower.getBytes(StandardCharsets.UTF_8);
      broker.sendRecords(
          List.of(
              new ProducerRecord<>(
                  config.topics().images(), home, key, BATCHES.get(0).toByteArray())));
      OracleBroker.awaitCommitted(service, config, home, sent + 1);
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  /** What they predict need not be published. */
  @Test
  void whereTheStartOfTheLogIsGoneTheyBeginWithASnapshot() {
    ServiceConfig config = config("cut", unpublished(Map.of("snapshots.every-updates", "7")));
    serve(config, 20);
    broker.deleteStart(config.topics().images(), 9);
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  @Test
  void whereThereIsNoSnapshotOfItsLeaderNothingIsSaid() {
    ServiceConfig config = config("cut-without", unpublished(Map.of()));
    serve(config, 20);
    broker.deleteStart(config.topics().images(), 5);
    assertThatThrownBy(() -> OracleBroker.verify(config))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("there is no snapshot of model \"a\"");
  }

  /** It has seen too little to publish one, and its leader has not. */
  @Test
  void aFollowerWithoutASnapshotIsLeftOutWithAReasonAndTheOthersAreJudged() {
    Map<String, String> settings = new HashMap<>();
    settings.put("snapshots.every-updates", "7");
    settings.put("models.f.batch-size", "1000");
    settings.put("models.g.follows", "a");
    ServiceConfig config = config("cut-some", unpublished(settings));
    serve(config, 20);
    broker.deleteStart(config.topics().images(), 9);
    VerificationReport report;
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      send(config, 10);
      OracleBroker.awaitCommitted(service, config, sent);
      report = Verifier.verify(config, Verifier.Scope.ALL); // while stored states are behind
    }
    assertThat(report.agrees()).as(report.disagreements().toString()).isTrue();
    assertThat(report.models())
        .extracting(VerificationReport.Model::name)
        .containsExactly("a", "g");
    assertThat(report.notes())
        .contains(
            "model \"f\" is not looked at, nor the number over all models: cut-some.images-0 begins"
                + " at offset 9, and there is no snapshot of model \"f\" to begin with;"
                + " snapshots.every-updates makes the service publish some");
    assertThat(Verifier.verify(config, Verifier.Scope.of("a")).agrees()).isTrue();
    assertThatThrownBy(() -> Verifier.verify(config, Verifier.Scope.of("f")))
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("there is no snapshot of model \"f\"");
  }

  /** It has a past of which nothing is there any more but that it had one. */
  @Test
  void whatFollowedInDeletedRecordsIsForgottenAndNotTakenForANewModel() {
    Map<String, String> settings = new HashMap<>();
    settings.put("snapshots.every-updates", "7");
    settings.put("models.f.batch-size", "1000");
    ServiceConfig without = config("past", settings);
    ServiceConfig with = config("past", unpublished(settings));
    for (int i = 0; i < 3; i++) {
      serve(with, 8);
      serve(without, 2);
    }
    assertThat(broker.stored(with).followers()).hasSize(3);
    broker.deleteStart(with.topics().images(), 29);
    serve(with, 20);

    assertThat(broker.stored(with).followers()).hasSize(2);
    VerificationReport report = Verifier.verify(with, Verifier.Scope.ALL);
    assertThat(report.agrees()).as(report.disagreements().toString()).isTrue();
    assertThat(report.notes()).anyMatch(note -> note.startsWith("model \"f\" is not looked at"));
  }

  /** Nobody could tell which of the two is the model. */
  @Test
  void aFollowerOfANameThatIsStoredInAnotherPartitionDoesNotStart() throws Exception {
    Map<String, String> three = Map.of("topics.partitions", "3");
    ModelPartitions partitions = new ModelPartitions(broker.config("taken", three), 3);
    String leader = "l";
    while (partitions.of(leader) == partitions.of("a")) {
      leader += "l";
    }
    serve(broker.config("taken", three), 1, partitions.of("a"));
    ServiceConfig config =
        broker.config("taken", Map.of("topics.partitions", "3", "models.a.follows", leader));
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      assertThat(service.awaitStopped())
          .hasStackTraceContaining("a model \"a\" is stored in partition")
          .hasStackTraceContaining("give the follower a name that no model has");
    }
  }

  @Test
  void theOracleNoticesAFollowerThatSkipsABatch() throws IOException {
    ServiceConfig config = config("skips", Map.of("models.f.follows", "a"));
    serve(config, 30, metrics -> skipping(config, metrics));

    List<String> found = OracleBroker.verify(config);
    assertThat(found)
        .anyMatch(each -> each.startsWith("wrong prediction"))
        .anyMatch(each -> each.startsWith("wrong weights"));
    Reliability.row(
        Reliability.Table.MUTATIONS, "a follower skips a batch", found.size(), found.get(0));
  }

  private static LearnStep skipping(ServiceConfig config, ServiceMetrics metrics) {
    return new LearnStep(config, metrics) {
      @Override
      protected UpdateOutcome learn(
          Learner learner,
          ModelState state,
          MiniBatch batch,
          Prediction prediction,
          Evaluation evaluation) {
        if (!learner.spec().follows().isEmpty() && state.version() == 17) {
          state.progress().version++; // as if it had been learned
          return UpdateOutcome.UPDATED;
        }
        return super.learn(learner, state, batch, prediction, evaluation);
      }
    };
  }

  private interface Steps {
    LearnStep of(ServiceMetrics metrics);
  }

  private ServiceConfig config(String name, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("recovery-target", "10m");
    all.put("outputs.followers", "true");
    all.putAll(settings);
    return broker.config(name, all);
  }

  /** A follower whose predictions are not published, with more settings. */
  private static Map<String, String> unpublished(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("models.f.follows", "a");
    all.put("outputs.followers", "false");
    return all;
  }

  private void serve(ServiceConfig config, int batches) {
    serve(config, batches, metrics -> new LearnStep(config, metrics));
  }

  private void serve(ServiceConfig config, int batches, int partition) {
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      send(config, batches);
      OracleBroker.awaitCommitted(service, config, partition, batches);
    }
  }

  private void serve(ServiceConfig config, int batches, Steps steps) {
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = ServiceOf.stepsOf(config, metrics, () -> steps.of(metrics))) {
      OracleBroker.awaitReady(service);
      send(config, batches);
      OracleBroker.awaitCommitted(service, config, sent);
    }
  }

  /** Ends without writing states, after some of these batches. */
  private void crash(ServiceConfig config, int batches) throws Exception {
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = ServiceOf.stepsOf(config, metrics, failing(config, metrics))) {
      OracleBroker.awaitReady(service);
      send(config, batches);
      assertThat(service.awaitStopped()).hasRootCauseMessage("fails on purpose");
    }
  }

  private static Supplier<LearnStep> failing(ServiceConfig config, ServiceMetrics metrics) {
    return () ->
        new LearnStep(config, metrics) {
          private int predicted;

          @Override
          protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
            predicted++;
            if (predicted > 51) {
              throw new IllegalStateException("fails on purpose");
            }
            return super.predict(learner, state, batch);
          }
        };
  }

  private void send(ServiceConfig config, int batches) {
    List<byte[]> values = new ArrayList<>();
    for (int i = 0; i < batches; i++) {
      values.add(BATCHES.get(sent++ % BATCHES.size()).toByteArray());
    }
    broker.send(config.topics().images(), values);
  }
}
