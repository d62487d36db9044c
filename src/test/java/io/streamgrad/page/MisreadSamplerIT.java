package io.streamgrad.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import io.streamgrad.wire.ModelPartitions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Misread images lie where the model lives, and what it predicted where its name belongs. */
class MisreadSamplerIT extends OracleTests {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(12, 5);

  @ParameterizedTest
  @EnumSource(Partitioner.class)
  void thoseOfAModelAndOfAFollowerWhoseNameBelongsElsewhereAreFound(Partitioner rule) {
    String name = "misread-" + rule.text();
    Map<String, String> settings =
        Map.of("topics.partitions", "3", "models.partitioner", rule.text());
    ModelPartitions partitions = new ModelPartitions(broker.config(name, settings), 3);
    String leader = "m";
    while (partitions.of(leader) == ModelPartitions.partition(Partitioner.MURMUR2, bytes(leader), 3)
        && rule == Partitioner.CRC32) {
      leader += "m";
    }
    String follower = "f";
    while (partitions.of(follower) == partitions.of(leader)) {
      follower += "f";
    }
    ServiceConfig config =
        broker.config(
            name,
            Map.of(
                "topics.partitions",
                "3",
                "models.partitioner",
                rule.text(),
                "models.%s.follows".formatted(follower),
                leader,
                "outputs.followers",
                "true"));
    int home = partitions.of(leader);
    MisreadImages found = new MisreadImages();
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      for (ImageBatch batch : BATCHES) {
        broker.sendRecords(
            List.of(
                new ProducerRecord<>(
                    config.topics().images(), home, bytes(leader), batch.toByteArray())));
      }
      OracleBroker.awaitCommitted(service, config, home, BATCHES.size());
    }
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(config, Map.of())) {
      MisreadSampler sampler = new MisreadSampler(consumer, config, found);
      sampler.sample(Set.of(leader, follower));
      assertThat(found.of(leader)).isNotEmpty();
      assertThat(found.of(follower)).isNotEmpty().allMatch(misread -> misread.partition() == home);

      found.keep(Set.of());
      sampler.sample(follower, 0);
      assertThat(found.of(follower)).as("of some time").isNotEmpty();
    }
  }

  /** The markers of its commits are of today. */
  @Test
  void thoseOfATimeAreOfItAlsoWhereTheTopicHasTheHistoryOfLongAgo() {
    ServiceConfig config = broker.config("misread-history", Map.of());
    long begin = System.currentTimeMillis() - Duration.ofDays(1).toMillis();
    long minute = Duration.ofMinutes(1).toMillis();
    int late = 8; // the batch
    try (ServiceMetrics metrics = OracleBroker.metrics(config);
        StreamsService service = StreamsService.start(config, metrics)) {
      OracleBroker.awaitReady(service);
      for (int i = 0; i < BATCHES.size(); i++) {
        byte[] batch = BATCHES.get(i).toByteArray();
        broker.sendRecords(
            List.of(
                new ProducerRecord<>(
                    config.topics().images(), 0, begin + i * minute, bytes("m"), batch)));
        if (i == 0) {
          OracleBroker.awaitCommitted(service, config, 1);
        }
      }
      OracleBroker.awaitCommitted(service, config, BATCHES.size());
    }
    MisreadImages found = new MisreadImages();
    try (KafkaConsumer<byte[], byte[]> consumer =
        consumer(config, Map.of(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2))) {
      new MisreadSampler(consumer, config, found).sample("m", begin + late * minute);

      assertThat(found.of("m")).isNotEmpty().allMatch(misread -> misread.offset() >= late);
    }
  }

  private static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }

  private static KafkaConsumer<byte[], byte[]> consumer(
      ServiceConfig config, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put(
        "bootstrap.servers", config.kafka().values().getOrDefault("bootstrap.servers", ""));
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
