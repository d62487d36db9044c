package io.streamgrad.verify;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The committed records of one partition up to an offset, one after the other. Waits for
 * transactions that are open below that offset. Used by one thread.
 */
final class LogCursor implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);
  // Kafka Streams' transactions time out after 10 s, and the coordinator looks every 10 s.
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Consumer<byte[], byte[]> consumer;
  private final TopicPartition partition;
  private final long end;
  private Iterator<ConsumerRecord<byte[], byte[]>> polled = Collections.emptyIterator();
  private @Nullable ConsumerRecord<byte[], byte[]> head;

  /**
   * Stands before the record at {@code start}.
   *
   * @param consumer read_committed, for this cursor alone, which closes it
   * @param end offset of the first record that is not wanted
   */
  LogCursor(Consumer<byte[], byte[]> consumer, TopicPartition partition, long start, long end) {
    this.consumer = consumer;
    this.partition = partition;
    this.end = end;
    consumer.assign(List.of(partition));
    consumer.seek(partition, start);
  }

  /** The next record, which stays the next one; null at the end. */
  @Nullable ConsumerRecord<byte[], byte[]> peek() {
    long progress = System.nanoTime();
    while (head == null) {
      if (polled.hasNext()) {
        head = polled.next();
      } else if (consumer.position(partition) >= end) {
        return null;
      } else {
        long before = consumer.position(partition);
        polled = consumer.poll(POLL).iterator();
        long now = System.nanoTime();
        if (consumer.position(partition) > before) {
          progress = now;
        } else if (now - progress > PATIENCE.toNanos()) {
          throw new VerificationException(
              "%s has committed records up to offset %d only and was to be read up to %d: a transaction is open, or the broker does not answer"
                  .formatted(partition, before, end));
        }
      }
    }
    return head.offset() < end ? head : null;
  }

  /** The next record; null at the end. */
  @Nullable ConsumerRecord<byte[], byte[]> next() {
    ConsumerRecord<byte[], byte[]> next = peek();
    head = next == null ? head : null;
    return next;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
