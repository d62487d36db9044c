package io.streamgrad.streams.input;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads with a consumer of its own, and keeps what that has fetched ahead. */
final class KafkaRecordReader implements RecordReader {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long NOWHERE = -1;

  /** What lies further ahead is not waited for: more than a poll gives. */
  private static final long FAR = 1000;

  private final Consumer<byte[], byte[]> consumer;
  private final TopicPartition partition;
  private final ArrayDeque<ConsumerRecord<byte[], byte[]>> fetched = new ArrayDeque<>();
  private long next = NOWHERE; // offset from which on the consumer or what is fetched has all
  private long end; // of what is fetched

  /**
   * Reads a partition.
   *
   * @param consumer read_committed, for this reader alone, which closes it
   */
  KafkaRecordReader(Consumer<byte[], byte[]> consumer, TopicPartition partition) {
    this.consumer = consumer;
    this.partition = partition;
    consumer.assign(List.of(partition));
  }

  @Override
  public @Nullable ConsumerRecord<byte[], byte[]> read(long offset) {
    if (next == NOWHERE || offset < next || offset - end > FAR) {
      fetched.clear();
      consumer.seek(partition, offset);
      end = offset;
    }
    next = offset;
    while (true) {
      while (!fetched.isEmpty() && fetched.element().offset() < offset) {
        fetched.remove();
      }
      if (!fetched.isEmpty()) {
        ConsumerRecord<byte[], byte[]> found = fetched.element();
        return found.offset() == offset ? found : null;
      }
      try {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          fetched.add(record);
          end = record.offset() + 1;
        }
      } catch (OffsetOutOfRangeException e) {
        next = NOWHERE;
        return null;
      }
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
