package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Form;
import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import io.streamgrad.wire.Fingerprint;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Records of sizes around every limit, of every kind, codec, format and time stamp: the service
 * lives, and the oracle agrees with all that comes of them.
 */
class RecordLimitsIT extends OracleTests {
  private static final String TAKES_ANY_TIME = "message.timestamp.after.max.ms";

  /**
   * A service and its topics.
   *
   * @param letters what the dead-letter topic takes, in bytes
   * @param outputs what the other topics take
   * @param settings of the service
   * @param records to be sent
   */
  record Setup(
      String name,
      int letters,
      Map<String, String> outputs,
      Map<String, String> settings,
      int records) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Setup> recordsAroundEveryLimitAreOutcomesOrDeadLetters() {
    int records = Form.of(600, 5000);
    return List.of(
        new Setup(
            "small-limits",
            4_000,
            Map.of("predictions", "9000", "metrics", "8000"),
            Map.of("model.max-batch-size", "200"),
            records),
        new Setup(
            "small-limits-json",
            10_000,
            Map.of("predictions", "30000", "metrics", "9000", "snapshots", "9000"),
            Map.of(
                "model.max-batch-size", "100",
                "outputs.format", "json",
                "outputs.probabilities", "true",
                "snapshots.every-updates", "3",
                "kafka.topic.max.message.bytes", "3000"),
            records),
        new Setup(
            "compressed",
            20_000,
            Map.of("predictions", "70000"),
            Map.of("kafka.producer.compression.type", "snappy", "outputs.format", "json"),
            records),
        new Setup(
            "256-classes-json",
            6_000,
            Map.of("predictions", "3000000", "metrics", "3000000"),
            Map.of(
                "model.layers", "[16, 4, 256]",
                "outputs.format", "json",
                "outputs.probabilities", "true",
                "model.max-batch-size", "300",
                "reports.every-images", "4000",
                "snapshots.every-updates", "20"),
            records / 2),
        new Setup(
            "states",
            1_048_588,
            Map.of(),
            Map.of(
                "model.layers", "[784, 320, 10]",
                "model.max-batch-size", "1002",
                "snapshots.every-updates", "5"),
            records / 8),
        new Setup(
            "large-limits",
            3_000_000,
            Map.of(),
            Map.of(
                "processing-guarantee", "at_least_once", "kafka.producer.compression.type", "lz4"),
            records / 8));
  }

  @ParameterizedTest
  @MethodSource
  void recordsAroundEveryLimitAreOutcomesOrDeadLetters(Setup setup) throws Exception {
    ServiceConfig config = broker.config(setup.name(), setup.settings());
    createTopics(setup, config);
    Map<String, List<ProducerRecord<byte[], byte[]>>> records =
        new SizedRecords(config, setup.letters(), Form.SEED).take(setup.records());
    records.forEach(
        (codec, batch) ->
            broker.sendRecords(
                batch,
                Map.of(
                    "compression.type", codec,
                    "max.request.size", 64 << 20,
                    "buffer.memory", 256L << 20)));

    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitCommitted(service, config, setup.records());
    }

    VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
    assertThat(report.disagreements()).isEmpty();
    assertThat(report.predictions()).isPositive();
    assertThat(report.predictions() + report.deadLetters()).isEqualTo(setup.records());
    List<ConsumerRecord<byte[], byte[]>> letters = broker.read(config.topics().deadLetters());
    assertThat(letters).hasSize((int) report.deadLetters());
    for (String part : List.of(Fingerprint.KEY, Fingerprint.VALUE, Fingerprint.HEADERS)) {
      assertThat(letters.stream().filter(letter -> isLeftOut(letter, part)).count())
          .as("letters without " + part)
          .isBetween(1L, report.deadLetters() - 1);
    }
    Reliability.row(
        Reliability.Table.KINDS,
        "records of sizes around every limit, " + setup.name().replace('-', ' '),
        Form.SEED,
        setup.records(),
        "%d predictions, %d dead letters, oracle agrees"
            .formatted(report.predictions(), report.deadLetters()));
  }

  private static boolean isLeftOut(ConsumerRecord<byte[], byte[]> letter, String part) {
    return letter.headers().lastHeader("streamgrad.error." + part + "-sha256") != null;
  }

  private static void createTopics(Setup setup, ServiceConfig config) {
    broker.createTopic(
        config.topics().images(),
        Map.of("max.message.bytes", "20000000", TAKES_ANY_TIME, Long.toString(Long.MAX_VALUE)));
    broker.createTopic(
        config.topics().deadLetters(),
        Map.of(
            "max.message.bytes",
            Integer.toString(setup.letters()),
            "message.timestamp.before.max.ms",
            "3600000"));
    setup
        .outputs()
        .forEach(
            (topic, bytes) ->
                broker.createTopic(
                    setup.name() + "." + topic,
                    Map.of(
                        "max.message.bytes",
                        bytes,
                        "cleanup.policy",
                        topic.equals("snapshots") ? "compact" : "delete")));
  }
}
