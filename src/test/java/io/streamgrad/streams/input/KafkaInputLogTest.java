package io.streamgrad.streams.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class KafkaInputLogTest {
  private static final TopicPartition INPUT = new TopicPartition("images", 0);
  private static final int SILENT = 50; // polls

  private final AtomicInteger polls = new AtomicInteger();

  /** While brokers change and none answers, a consumer says nothing, and not where it is either. */
  @Test
  void aLogIsReadToItsEndHoweverLongTheBrokersWereSilent() {
    try (MockConsumer<byte[], byte[]> consumer = silentAtFirst()) {
      List<Long> read = new ArrayList<>();
      KafkaInputLog.read(
          consumer,
          INPUT,
          3,
          7,
          Duration.ofDays(1),
          record -> {
            read.add(record.offset());
            return true;
          });
      assertThat(read).containsExactly(3L, 4L, 5L, 6L);
      assertThat(polls).hasValueGreaterThanOrEqualTo(SILENT);
    }
  }

  @Test
  void whereThereMustBeAnAnswerItIsNotWaitedForLonger() {
    try (MockConsumer<byte[], byte[]> consumer = silentAtFirst()) {
      assertThatThrownBy(
              () -> KafkaInputLog.read(consumer, INPUT, 3, 7, Duration.ZERO, record -> true))
          .isInstanceOf(TimeoutException.class)
          .hasMessageContaining("images-0 can't be read beyond offset 3");
      assertThat(polls).hasValueLessThan(SILENT);
    }
  }

  private MockConsumer<byte[], byte[]> silentAtFirst() {
    return new MockConsumer<>("none") {
      @Override
      public synchronized ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        if (polls.incrementAndGet() == SILENT) {
          for (long offset = 3; offset < 8; offset++) {
            addRecord(new ConsumerRecord<>(INPUT.topic(), 0, offset, new byte[1], new byte[1]));
          }
          updateEndOffsets(Map.of(INPUT, 8L));
        }
        return super.poll(timeout);
      }

      @Override
      public synchronized long position(TopicPartition partition, Duration timeout) {
        if (polls.get() < SILENT && polls.get() % 2 == 0) {
          throw new TimeoutException("not known at the moment");
        }
        return super.position(partition, timeout);
      }
    };
  }
}
