package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What waits is counted up to the end of the partition, whoever may read it. */
class InputLagIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(9, 5);
  private static final Pattern LAG =
      Pattern.compile("(?m)^streamgrad_lag_records\\{partition=\"0\",topic=\"[^\"]*\"} (.*)$");
  private static final Pattern CONSUMERS_OWN =
      Pattern.compile("(?m)^kafka_consumer_fetch_manager_records_lag\\{.*StreamThread.*} (.*)$");

  @Test
  void recordsBehindAnOpenTransactionWaitAndTheMarkersOfOthersDoNot() {
    ServiceConfig config = broker.config("lag", Map.of());
    String images = config.topics().images();
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics);
        KafkaProducer<byte[], byte[]> producer = transactional(config)) {
      OracleBroker.awaitReady(service);
      broker.send(images, values(0, 3));
      OracleBroker.awaitCommitted(service, config, 3);
      awaitLag(metrics, 0);

      producer.initTransactions();
      producer.beginTransaction();
      send(producer, images, values(3, 5));
      broker.send(images, values(5, 9));

      awaitLag(metrics, 6);
      assertThat(values(CONSUMERS_OWN, metrics)).isNotEmpty().containsOnly(0.0);
      assertThat(broker.committed(config)).isEqualTo(3);

      producer.commitTransaction(); // its marker is the last record
      OracleBroker.awaitCommitted(service, config, 10);
      awaitLag(metrics, 0);
    }
  }

  /** The group has no committed offset then, and never reads a record. */
  @Test
  void whatItsProducerTookBackDoesNotWait() {
    ServiceConfig config = broker.config("lag-aborted", Map.of());
    String images = config.topics().images();
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics);
        KafkaProducer<byte[], byte[]> producer = transactional(config)) {
      OracleBroker.awaitReady(service);
      producer.initTransactions();
      producer.beginTransaction();
      send(producer, images, values(0, 2));
      awaitLag(metrics, 2);

      producer.abortTransaction();

      awaitLag(metrics, 0);
      assertThat(broker.committed(config)).isEqualTo(-1);
    }
  }

  private static void awaitLag(ServiceMetrics metrics, double records) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .untilAsserted(() -> assertThat(values(LAG, metrics)).containsExactly(records));
  }

  private static List<Double> values(Pattern series, ServiceMetrics metrics) {
    return series
        .matcher(metrics.scrape())
        .results()
        .map((MatchResult found) -> Double.valueOf(found.group(1)))
        .toList();
  }

  private static List<byte[]> values(int from, int to) {
    return BATCHES.subList(from, to).stream().map(ImageBatch::toByteArray).toList();
  }

  private static void send(
      KafkaProducer<byte[], byte[]> producer, String topic, List<byte[]> values) {
    values.stream()
        .map(value -> producer.send(new ProducerRecord<>(topic, new byte[] {'a'}, value)))
        .toList()
        .forEach(sent -> assertThat(sent).succeedsWithin(Duration.ofMinutes(1)));
  }

  private static KafkaProducer<byte[], byte[]> transactional(ServiceConfig config) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            config.kafka().values().getOrDefault("bootstrap.servers", ""),
            "transactional.id",
            config.applicationId() + "-producer"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }
}
