package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an instance writes that was frozen while another took its partition over and learned on: its
 * old models, behind the newer ones in the changelog. At-least-once, Kafka does not fence it.
 */
class StaleWritesIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(61, 6);
  private static final int HALF = 30;
  private static final int MOST = 60;

  /**
   * Whether the instance also comes to write its old position, which is the last that it writes.
   */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatTheyLackIsLearnedFromTheLog(boolean withPosition) throws Exception {
    ServiceConfig config =
        broker.config("stale-" + withPosition, Map.of("processing-guarantee", "at_least_once"));
    String changelog = ChangelogReader.topic(config.applicationId());
    learn(config, 0, HALF);
    List<ConsumerRecord<byte[], byte[]>> old = broker.read(changelog);
    learn(config, HALF, MOST);
    String weights = broker.stored(config, "a");

    List<ProducerRecord<byte[], byte[]>> again = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : old) {
      if (withPosition || record.key()[0] != 0) {
        again.add(new ProducerRecord<>(changelog, 0, record.key(), record.value()));
      }
    }
    broker.sendRecords(again, Map.of());
    assertThat(broker.stored(config, "a")).isNotEqualTo(weights);
    learn(config, MOST, BATCHES.size());

    assertThat(broker.stored(config, "a"))
        .isEqualTo(TestBatches.learnedSha256(config, "a", BATCHES));
    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.updates()).isEqualTo(BATCHES.size());
    Reliability.row(
        Reliability.Table.KINDS,
        "at-least-once, old models written over newer ones, "
            + (withPosition ? "with" : "without")
            + " the position",
        6,
        1,
        "%d batches learned again from the log, the weights are those of all %d"
            .formatted(MOST - HALF, BATCHES.size()));
  }

  private static void learn(ServiceConfig config, int from, int to) {
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      broker.send(
          config.topics().images(),
          BATCHES.subList(from, to).stream().map(ImageBatch::toByteArray).toList());
      OracleBroker.awaitReady(service);
      OracleBroker.awaitCommitted(service, config, to);
    }
  }
}
