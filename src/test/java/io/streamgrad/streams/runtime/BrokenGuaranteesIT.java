package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * A crash between outputs and commit, and a zombie that goes on after another has taken its place:
 * with Kafka's transactions the oracle agrees; without what they are there for, it must not.
 */
class BrokenGuaranteesIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(60, 6);
  private static final int HALF = 30;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @Test
  void givenACrashBeforeTheCommitThenTheOracleAgrees() throws Exception {
    assertThat(crash("crash", Map.of()).disagreements()).isEmpty();
  }

  @Test
  void givenACrashBeforeTheCommitWhenAtLeastOnceThenOutputsAreRepeatedAndNothingIsLearnedTwice()
      throws Exception {
    VerificationReport report =
        crash("at-least-once", Map.of("processing-guarantee", "at_least_once"));
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.repeated()).isPositive();
    assertThat(report.updates()).isEqualTo(BATCHES.size());

    assertDisagrees(
        "at-least-once processing, and a crash before a commit, taken for exactly-once",
        Verifier.verify(broker.config("at-least-once", Map.of()), Verifier.Scope.ALL));
  }

  @Test
  void givenAZombieThenTheOracleAgrees() throws Exception {
    assertThat(zombie("zombie", Map.of()).disagreements()).isEmpty();
  }

  @Test
  void givenAZombieWhenItIsNotFencedThenTheOracleDisagrees() throws Exception {
    assertDisagrees(
        "a zombie is not fenced",
        zombie(
            "unfenced", Map.of("kafka.default.client.supplier", UnfencedClients.class.getName())));
  }

  private static void assertDisagrees(String broken, VerificationReport report) throws IOException {
    assertThat(report.disagreements()).isNotEmpty();
    Reliability.row(
        Reliability.Table.MUTATIONS,
        broken,
        report.disagreementCount(),
        report.disagreements().get(0).toString());
  }

  /** Half of the batches are learned and published, none committed, when the service fails. */
  private static VerificationReport crash(String name, Map<String, String> settings)
      throws InterruptedException {
    Map<String, String> rarely = new HashMap<>(settings);
    rarely.put("commit-interval", "60s");
    rarely.put("kafka.producer.transaction.timeout.ms", "120000");
    ServiceConfig crashing = broker.config(name, rarely);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service =
            ServiceOf.stepsOf(crashing, metrics, () -> new CrashingStep(crashing, metrics))) {
      send(crashing, 0, BATCHES.size());
      assertThat(service.awaitStopped()).hasRootCauseMessage(CrashingStep.MESSAGE);
    }
    ServiceConfig config = broker.config(name, settings);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitCommitted(service, config, BATCHES.size());
    }
    return Verifier.verify(config, Verifier.Scope.ALL);
  }

  /** Fails at a batch, with the outputs of those before it on their way. */
  private static final class CrashingStep extends LearnStep {
    static final String MESSAGE = "fails on purpose";

    CrashingStep(ServiceConfig config, ServiceMetrics metrics) {
      super(config, metrics);
    }

    @Override
    protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
      if (state.version() == HALF) {
        throw new IllegalStateException(MESSAGE);
      }
      return super.predict(learner, state, batch);
    }
  }

  /**
   * One instance stops in the middle of a batch until another has learned them all; then it goes on
   * as if nothing had happened.
   */
  private static VerificationReport zombie(String name, Map<String, String> settings) {
    Map<String, String> first = new HashMap<>(settings);
    first.put("kafka.max.poll.interval.ms", "2000"); // how long it keeps its partitions
    first.put("kafka.producer.transaction.timeout.ms", "120000");
    ServiceConfig zombie = broker.config(name, first);
    Map<String, String> second = new HashMap<>(settings);
    second.put("state-dir", directory.resolve("state-" + name + "-2").toString());
    ServiceConfig successor = broker.config(name, second);
    try (ServiceMetrics metrics = OracleBroker.metrics();
        ServiceMetrics otherMetrics = OracleBroker.metrics()) {
      Pause pause = new Pause();
      try (StreamsService stopped =
          ServiceOf.stepsOf(zombie, metrics, () -> new ZombieStep(zombie, metrics, pause))) {
        send(zombie, 0, HALF);
        OracleBroker.awaitCommitted(stopped, zombie, HALF);
        send(zombie, HALF, BATCHES.size());
        await(pause.begun);
        try (StreamsService running = StreamsService.start(successor, otherMetrics)) {
          OracleBroker.awaitCommitted(running, successor, BATCHES.size());
          pause.over.countDown();
          await(pause.partitionLost);
        }
      }
    }
    return Verifier.verify(successor, Verifier.Scope.ALL);
  }

  /** What a zombie goes through. */
  private static final class Pause {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch over = new CountDownLatch(1);
    final CountDownLatch partitionLost = new CountDownLatch(1);
  }

  /** Pauses in the middle of a batch, once, with the outputs of those before it on their way. */
  private static final class ZombieStep extends LearnStep {
    private final Pause pause;

    ZombieStep(ServiceConfig config, ServiceMetrics metrics, Pause pause) {
      super(config, metrics);
      this.pause = pause;
    }

    @Override
    protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
      if (state.version() == HALF + 5) {
        pause.begun.countDown();
        await(pause.over);
      }
      return super.predict(learner, state, batch);
    }

    @Override
    public void close() {
      super.close();
      pause.partitionLost.countDown();
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void send(ServiceConfig config, int from, int to) {
    broker.send(
        config.topics().images(),
        BATCHES.subList(from, to).stream().map(ImageBatch::toByteArray).toList());
  }
}
