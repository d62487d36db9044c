package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.streamgrad.streams.learn.BrokenLearnSteps;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A service that is broken on purpose, stopped and started again: the oracle must say so. */
class BrokenServiceIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(60, 6);

  @Test
  void givenTheServiceAsItIsThenTheOracleAgrees() {
    assertThat(runTwice("sound", Map.of(), LearnStep::new).disagreements()).isEmpty();
  }

  /** Both ways of being closed, and a restart in between. */
  @Test
  void givenImagesThatAreLearnedTogetherThenTheOracleAgrees() {
    Map<String, String> together = Map.of("model.batch-size", "23", "model.batch-wait", "3ms");
    assertThat(runTwice("together", together, LearnStep::new).disagreements()).isEmpty();
  }

  static List<RuntimeException> givenAnErrorThatPassesThenABatchIsLearnedAgainAndTheOracleAgrees() {
    return List.of(
        new InvalidTxnStateException("a commit after the transaction had timed out"),
        new MissingSourceTopicException("a topic that is there, but not in stale metadata"));
  }

  @ParameterizedTest
  @MethodSource
  void givenAnErrorThatPassesThenABatchIsLearnedAgainAndTheOracleAgrees(RuntimeException error) {
    AtomicBoolean thrown = new AtomicBoolean();

    VerificationReport report =
        runTwice(
            error.getClass().getSimpleName(),
            Map.of(),
            (config, metrics) ->
                new LearnStep(config, metrics) {
                  @Override
                  protected UpdateOutcome learn(
                      Learner learner,
                      ModelState state,
                      MiniBatch batch,
                      Prediction prediction,
                      Evaluation evaluation) {
                    UpdateOutcome outcome =
                        super.learn(learner, state, batch, prediction, evaluation);
                    if (state.version() == 17 && !thrown.getAndSet(true)) {
                      throw error;
                    }
                    return outcome;
                  }
                });

    assertThat(thrown).isTrue();
    assertThat(report.disagreements()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void givenABrokenServiceThenTheOracleDisagrees(BrokenLearnSteps broken) throws IOException {
    String name = broken.name().toLowerCase(Locale.ROOT);
    VerificationReport report = runTwice(name, broken.settings(), broken::step);
    assertThat(report.disagreements()).isNotEmpty();
    Reliability.row(
        Reliability.Table.MUTATIONS,
        name.replace('_', ' '),
        report.disagreementCount(),
        report.disagreements().get(0).toString());
  }

  private interface Learning {
    LearnStep step(ServiceConfig config, ServiceMetrics metrics);
  }

  private static VerificationReport runTwice(
      String name, Map<String, String> settings, Learning learning) {
    ServiceConfig config = broker.config(name, settings);
    for (int run = 0; run < 2; run++) {
      try (ServiceMetrics metrics = OracleBroker.metrics();
          StreamsService service =
              ServiceOf.stepsOf(config, metrics, () -> learning.step(config, metrics))) {
        broker.send(
            config.topics().images(),
            BATCHES.subList(30 * run, 30 * run + 30).stream()
                .map(ImageBatch::toByteArray)
                .toList());
        OracleBroker.awaitCommitted(service, config, 30L * run + 30);
      }
    }
    return Verifier.verify(config, Verifier.Scope.ALL);
  }
}
