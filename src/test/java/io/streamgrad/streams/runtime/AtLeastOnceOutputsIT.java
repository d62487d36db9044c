package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** At least once an answer can be read at once: it waits neither for a record nor for a commit. */
class AtLeastOnceOutputsIT extends OracleTests {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int KNOWN = 60; // batches, until the pace of steps is known
  private static final List<byte[]> BATCHES =
      TestBatches.labeled(KNOWN + 3, 29).stream().map(ImageBatch::toByteArray).toList();

  /** Also where the stream thread does it all: with clients of the user's. */
  @ParameterizedTest
  @CsvSource({"threads, false", "one-thread, true"})
  void anAnswerIsThereWhenNothingElseComesAndNothingIsCommitted(String name, boolean ownClients) {
    ServiceConfig config =
        broker.config(
            name,
            ownClients
                ? with("kafka.default.client.supplier", DefaultKafkaClientSupplier.class.getName())
                : with("recovery-target", "10s"));
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      begin(config);
      for (int i = KNOWN; i < BATCHES.size(); i++) {
        broker.send(config.topics().images(), List.of(BATCHES.get(i)));
        awaitAnswers(config, i + 1);
        assertThat(broker.committed(config)).as("nothing is committed").isLessThan(1);
      }
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  @Test
  void aStepThatFailsEndsTheServiceThoughNoRecordFollows() throws Exception {
    ServiceConfig config = broker.config("failing", with("recovery-target", "10s"));
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service =
            ServiceOf.stepsOf(config, metrics, () -> failing(config, metrics))) {
      OracleBroker.awaitReady(service);
      begin(config);
      broker.send(config.topics().images(), List.of(BATCHES.get(KNOWN)));
      Awaitility.await().atMost(PATIENCE).until(() -> !service.isRunning());
      assertThat(service.status().text()).contains("fails on purpose");
    }
    assertThat(broker.committed(config)).isLessThan(1);
  }

  private static void begin(ServiceConfig config) {
    broker.send(config.topics().images(), BATCHES.subList(0, KNOWN));
    awaitAnswers(config, KNOWN);
  }

  private static void awaitAnswers(ServiceConfig config, int count) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> broker.read(config.topics().predictions()).size() == count);
  }

  private static LearnStep failing(ServiceConfig config, ServiceMetrics metrics) {
    return new LearnStep(config, metrics) {
      @Override
      protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
        if (state.version() == KNOWN) {
          throw new IllegalStateException("fails on purpose");
        }
        return super.predict(learner, state, batch);
      }
    };
  }

  private static Map<String, String> with(String key, String value) {
    return Map.of("processing-guarantee", "at_least_once", "commit-interval", "10m", key, value);
  }
}
