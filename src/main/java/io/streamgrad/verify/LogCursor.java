package io.streamgrad.verify;

import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The committed records of one partition up to an offset, one after the other. Waits for
 * transactions that are open below that offset. Used by one thread.
 */
final class LogCursor implements Iterator<ConsumerRecord<byte[], byte[]>>, AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final Consumer<byte[], byte[]> consumer;
  private final TopicPartition partition;
  private final long end;
  private final Duration patience;
  private Iterator<ConsumerRecord<byte[], byte[]>> polled = Collections.emptyIterator();
  private @Nullable ConsumerRecord<byte[], byte[]> head;

  /**
   * Stands before the record at {@code start}.
   *
   * @param consumer read_committed, for this cursor alone, which closes it
   * @param end offset of the first record that is not wanted
   * @param patience how long to wait for a record
   */
  LogCursor(
      Consumer<byte[], byte[]> consumer,
      TopicPartition partition,
      long start,
      long end,
      Duration patience) {
    this.consumer = consumer;
    this.partition = partition;
    this.end = end;
    this.patience = patience;
    consumer.assign(List.of(partition));
    consumer.seek(partition, start);
  }

  /**
   * Whether there is another record.
   *
   * @throws VerificationException if that can't be found out
   */
  @Override
  public boolean hasNext() {
    long progress = System.nanoTime();
    while (head == null) {
      if (polled.hasNext()) {
        head = polled.next();
      } else if (consumer.position(partition) >= end) {
        return false;
      } else {
        long before = consumer.position(partition);
        polled = poll();
        long now = System.nanoTime();
        if (consumer.position(partition) > before) {
          progress = now;
        } else if (now - progress > patience.toNanos()) {
          throw new VerificationException(
              "%s was to be read up to offset %d and gives no committed record from offset %d on: a transaction has been open there for %d s at least, or the broker does not answer"
                  .formatted(partition, end, before, patience.toSeconds()));
        }
      }
    }
    return head.offset() < end;
  }

  private Iterator<ConsumerRecord<byte[], byte[]>> poll() {
    try {
      return consumer.poll(POLL).iterator();
    } catch (OffsetOutOfRangeException e) {
      throw new VerificationException(
          "%s was cut while it was read: offset %d is not there any more; verify again"
              .formatted(partition, consumer.position(partition)));
    }
  }

  /** The next record. */
  @Override
  public ConsumerRecord<byte[], byte[]> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    ConsumerRecord<byte[], byte[]> next = head;
    head = null;
    return Objects.requireNonNull(next);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
