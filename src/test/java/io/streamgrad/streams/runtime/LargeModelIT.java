package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.changelog.Position;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * A model of 19 MB, whose state goes out some pieces a commit: crashes, restarts, a graceful stop.
 */
class LargeModelIT extends OracleTests {
  private static final Map<String, String> LARGE =
      Map.of(
          "model.layers", "[4, 120000, 3]",
          "model.optimizer.type", "adam",
          "model.learning-rate.initial", "0.001",
          "commit-interval", "400ms");
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(20, 17);
  private static final int ONE_BY_ONE = 4;
  private static final int CRASH_AT = 12;

  @Test
  void givenACrashThenTheModelGoesOnWithWhatWasCommittedAndAGracefulStopLeavesNothingBehind()
      throws Exception {
    ServiceConfig config = broker.config("large", LARGE);

    crash(config);
    assertThat(lacking(config)).as("batches that a restore has to learn").isPositive();
    assertThat(OracleBroker.verify(config)).isEmpty();

    learnTheRest(config);
    assertThat(lacking(config)).as("after a graceful stop").isZero();
    assertThat(OracleBroker.verify(config)).isEmpty();
    assertThat(broker.stored(config, "a"))
        .isEqualTo(TestBatches.learnedSha256(config, "a", BATCHES));
    Reliability.row(
        Reliability.Table.FAULTS,
        "crashed: a model of 19 MB, restored from a state and the batches after it",
        17,
        1,
        BATCHES.size(),
        BATCHES.size() - ONE_BY_ONE,
        "agrees");
  }

  /** Some batches are committed one by one, then the others come, and the service fails at one. */
  private static void crash(ServiceConfig config) throws InterruptedException {
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service =
            ServiceOf.stepsOf(config, metrics, () -> new CrashingStep(config, metrics))) {
      for (int batch = 0; batch < ONE_BY_ONE; batch++) {
        send(config, batch, batch + 1);
        OracleBroker.awaitCommitted(service, config, batch + 1L);
      }
      send(config, ONE_BY_ONE, BATCHES.size() - 1);
      assertThat(service.awaitStopped()).hasRootCauseMessage(CrashingStep.MESSAGE);
    }
  }

  /** The rest, in an orderly life: when it ends all is committed, and nothing is there to do. */
  private static void learnTheRest(ServiceConfig config) {
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitCommitted(service, config, BATCHES.size() - 1);
      Awaitility.await() // the state goes out, without more batches
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> lacking(config) == 0);
      send(config, BATCHES.size() - 1, BATCHES.size());
      OracleBroker.awaitCommitted(service, config, BATCHES.size());
    }
  }

  /** Fails in the middle of what comes last. */
  private static final class CrashingStep extends LearnStep {
    static final String MESSAGE = "fails on purpose";

    CrashingStep(ServiceConfig config, ServiceMetrics metrics) {
      super(config, metrics);
    }

    @Override
    protected UpdateOutcome learn(
        Learner learner,
        ModelState state,
        MiniBatch batch,
        Prediction prediction,
        Evaluation evaluation) {
      if (state.version() == CRASH_AT) {
        throw new IllegalStateException(MESSAGE);
      }
      return super.learn(learner, state, batch, prediction, evaluation);
    }
  }

  /** How many records of the input stored states lack at most. */
  private static long lacking(ServiceConfig config) {
    Position position = Objects.requireNonNull(broker.stored(config).position());
    return position.offset() - position.replayFrom();
  }

  private static void send(ServiceConfig config, int from, int to) {
    broker.send(
        config.topics().images(),
        BATCHES.subList(from, to).stream().map(ImageBatch::toByteArray).toList());
  }
}
