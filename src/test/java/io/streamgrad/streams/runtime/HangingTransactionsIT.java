package io.streamgrad.streams.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.admin.Topics;
import io.streamgrad.streams.settings.StreamsProperties;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HangingTransactionsIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"50ms, 5000", "50ms, 0", "2s, 0"})
  void whatAKilledInstanceLeftOpenHoldsBackNoReader(String commitInterval, long openForMillis)
      throws Exception {
    try (OracleBroker broker = new OracleBroker(directory)) {
      ServiceConfig config = broker.config("killed", Map.of("commit-interval", commitInterval));
      List<ImageBatch> batches = TestBatches.labeled(10, 7);
      try (Admin admin = Admin.create(StreamsProperties.admin(config));
          KafkaProducer<byte[], byte[]> killed = producer(config, "killed-");
          KafkaProducer<byte[], byte[]> other = producer(config, "killed-eu-")) {
        Topics.prepare(admin, config);
        leaveOpen(killed, config.topics().predictions());
        leaveOpen(other, config.topics().metrics());
        Awaitility.await().atMost(TIMEOUT).until(() -> open(admin, openForMillis) == 2);

        try (ServiceMetrics metrics = OracleBroker.metrics();
            StreamsService service = StreamsService.start(config, metrics)) {
          broker.send(
              config.topics().images(), batches.stream().map(ImageBatch::toByteArray).toList());
          OracleBroker.awaitCommitted(service, config, batches.size());
          awaitPredictions(broker, config, batches.size());
        }

        assertThatThrownBy(killed::commitTransaction).isInstanceOf(ProducerFencedException.class);
        other.commitTransaction(); // another application's
      }
    }
  }

  /** So is one that was opened after the service had begun to wait for its partitions. */
  @Test
  void whatWasLeftOpenWhileTheGroupWaitedHoldsBackNoReader() throws Exception {
    Map<String, String> slowGroup = Map.of("group.initial.rebalance.delay.ms", "3000");
    try (OracleBroker broker = new OracleBroker(directory, slowGroup)) {
      ServiceConfig config = broker.config("killed", Map.of());
      List<ImageBatch> batches = TestBatches.labeled(10, 7);
      try (KafkaProducer<byte[], byte[]> killed = producer(config, "killed-");
          ServiceMetrics metrics = OracleBroker.metrics();
          StreamsService service = StreamsService.start(config, metrics)) {
        leaveOpen(killed, config.topics().predictions());
        assertThat(service.status().text()).contains("waiting for the group");

        broker.send(
            config.topics().images(), batches.stream().map(ImageBatch::toByteArray).toList());
        awaitPredictions(broker, config, batches.size());
        assertThatThrownBy(killed::commitTransaction).isInstanceOf(ProducerFencedException.class);
      }
    }
  }

  private static void awaitPredictions(OracleBroker broker, ServiceConfig config, int count) {
    Awaitility.await()
        .atMost(TIMEOUT)
        .untilAsserted(() -> assertThat(broker.read(config.topics().predictions())).hasSize(count));
  }

  /** One that Kafka itself would end after ten minutes. */
  private static KafkaProducer<byte[], byte[]> producer(ServiceConfig config, String prefix) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            config.kafka().values().getOrDefault("bootstrap.servers", ""),
            "transactional.id",
            prefix + UUID.randomUUID() + "-1",
            "transaction.timeout.ms",
            600_000),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // flush waits for it
  private static void leaveOpen(KafkaProducer<byte[], byte[]> producer, String topic) {
    producer.initTransactions();
    producer.beginTransaction();
    producer.send(new ProducerRecord<>(topic, new byte[] {1}));
    producer.flush();
  }

  private static int open(Admin admin, long forMillis) throws Exception {
    return admin
        .listTransactions(new ListTransactionsOptions().filterOnDuration(forMillis))
        .all()
        .get()
        .size();
  }
}
