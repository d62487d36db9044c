package io.streamgrad.verify;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What an output topic says about one partition of the input, in the order of the input: its own
 * partitions side by side, no more than a record of each at a time. One thread.
 */
final class Outputs<T> implements AutoCloseable {
  private final List<Side<T>> sides = new ArrayList<>();
  private final boolean trimmed;

  /** Makes of a record what it says. */
  interface Reader<T> {
    /** The input offset of a record that does not say which input it is about. */
    long NO_INPUT = -1;

    /** Null for a record about something else. */
    @Nullable Output<T> read(ConsumerRecord<byte[], byte[]> record);
  }

  /**
   * Stands at the topic's start.
   *
   * @param trimmed whether records have been deleted from it
   */
  Outputs(List<LogCursor> partitions, boolean trimmed, Reader<T> reader) {
    partitions.forEach(cursor -> sides.add(new Side<>(cursor, reader)));
    this.trimmed = trimmed;
  }

  /** Whether records have been deleted from the topic's start. */
  boolean trimmed() {
    return trimmed;
  }

  /** The next record that is about an input up to this offset; null if none comes next. */
  @Nullable Output<T> takeUpTo(long inputOffset) {
    for (Side<T> side : sides) {
      Output<T> head = side.peek();
      if (head != null && head.inputOffset() <= inputOffset) {
        side.head = null;
        return head;
      }
    }
    return null;
  }

  @Override
  public void close() {
    sides.forEach(side -> side.cursor.close());
  }

  private static final class Side<T> {
    final LogCursor cursor;
    final Reader<T> reader;
    @Nullable Output<T> head;

    Side(LogCursor cursor, Reader<T> reader) {
      this.cursor = cursor;
      this.reader = reader;
    }

    @Nullable Output<T> peek() {
      while (head == null) {
        ConsumerRecord<byte[], byte[]> record = cursor.next();
        if (record == null) {
          return null;
        }
        head = reader.read(record);
      }
      return head;
    }
  }
}
