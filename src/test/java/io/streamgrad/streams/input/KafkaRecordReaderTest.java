package io.streamgrad.streams.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Single records of a log, in their order and out of it. */
class KafkaRecordReaderTest {
  private static final TopicPartition PARTITION = new TopicPartition("images", 0);
  private static final int POLLED = 500;

  private int polls;

  /** Of models whose labels come after a different time each. */
  @Test
  void recordsThatLieFarApartAreReadWithoutThoseBetweenThem() {
    try (MockConsumer<byte[], byte[]> consumer = consumer()) {
      KafkaRecordReader reader = new KafkaRecordReader(consumer, PARTITION);
      for (long near = 0; near < 10; near++) {
        assertThat(offset(reader, near)).isEqualTo(near);
        assertThat(offset(reader, 15_000 + near)).isEqualTo(15_000 + near);
      }
      assertThat(polls).isLessThanOrEqualTo(20);
      polls = 0;
      for (long next = 100; next < 1100; next++) {
        assertThat(offset(reader, next)).isEqualTo(next);
      }
      assertThat(polls).as("in their order").isLessThanOrEqualTo(4);
    }
  }

  private static long offset(KafkaRecordReader reader, long of) {
    return Objects.requireNonNull(reader.read(of)).offset();
  }

  /** One that counts, and gives as many at a time as Kafka's. */
  private MockConsumer<byte[], byte[]> consumer() {
    return new MockConsumer<>("none") {
      @Override
      public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        polls++;
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        long from = position(PARTITION);
        for (long offset = from; offset < from + POLLED; offset++) {
          records.add(new ConsumerRecord<>("images", 0, offset, new byte[0], new byte[0]));
        }
        seek(PARTITION, from + POLLED);
        return new ConsumerRecords<>(Map.of(PARTITION, records), Map.of());
      }
    };
  }
}
