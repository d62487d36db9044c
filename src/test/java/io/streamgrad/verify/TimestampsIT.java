package io.streamgrad.verify;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.chaos.Reliability;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.ImageBatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** An images topic that takes any time stamp, beside topics that don't. */
class TimestampsIT extends OracleTests {
  private static final long SEED = 18;
  private static final int RECORDS = 500;

  @Test
  void givenTimeStampsOfLongAgoAndFarAheadThenTheServiceGoesOnAndTheOracleAgrees()
      throws Exception {
    ServiceConfig config =
        broker.config(
            "timestamps", Map.of("snapshots.every-updates", "7", "outputs.format", "json"));
    broker.createTopic(
        config.topics().images(),
        Map.of("message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE)));
    try (ServiceMetrics metrics = OracleBroker.metrics();
        StreamsService service = StreamsService.start(config, metrics)) {
      List<ProducerRecord<byte[], byte[]>> records = records(config.topics().images());
      for (int from = 0;
          from < RECORDS;
          from += 50) { // several commits, whatever the record before
        broker.sendRecords(records.subList(from, from + 50));
        OracleBroker.awaitCommitted(service, config, from + 50);
      }
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
    assertThat(broker.read(config.topics().deadLetters())).hasSize(RECORDS / 5);
    for (String topic :
        List.of(
            config.topics().predictions(),
            config.topics().metrics(),
            config.topics().snapshots(),
            config.topics().deadLetters())) {
      assertThat(broker.read(topic))
          .isNotEmpty()
          .allSatisfy(
              record ->
                  assertThat(record.timestamp()) // a topic takes an hour ahead by default
                      .isLessThan(System.currentTimeMillis() + Duration.ofHours(1).toMillis()));
    }
    Reliability.row(
        Reliability.Table.KINDS,
        "time stamps of long ago (0) to far ahead (2^63 - 1), on batches and bad records",
        SEED,
        RECORDS,
        "the service goes on, the oracle agrees");
  }

  private static List<ProducerRecord<byte[], byte[]>> records(String topic) {
    Random random = new Random(SEED);
    long now = System.currentTimeMillis();
    long[] times = {
      0,
      1,
      now - Duration.ofDays(400).toMillis(),
      now,
      now + Duration.ofMinutes(59).toMillis(),
      now + Duration.ofHours(2).toMillis(),
      now + Duration.ofDays(4000).toMillis(),
      Long.MAX_VALUE
    };
    List<ImageBatch> batches = TestBatches.labeled(RECORDS, SEED);
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < RECORDS; i++) {
      byte[] value = i % 5 == 4 ? "garbage".getBytes(UTF_8) : batches.get(i).toByteArray();
      records.add(
          new ProducerRecord<>(
              topic, 0, times[random.nextInt(times.length)], "a".getBytes(UTF_8), value));
    }
    return records;
  }
}
