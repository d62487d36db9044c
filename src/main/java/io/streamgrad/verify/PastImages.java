package io.streamgrad.verify;

import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Records of the images topic whose labels may come later: in memory up to a bound, others are read
 * again. One thread.
 */
final class PastImages implements AutoCloseable {
  private static final long MOST_BYTES = Runtime.getRuntime().maxMemory() / 4;

  private final Map<Long, ConsumerRecord<byte[], byte[]>> kept = new HashMap<>(); // by offset
  private final LongFunction<LogCursor> from;
  private @Nullable LogCursor cursor; // null before the first one that is read again
  private @Nullable ConsumerRecord<byte[], byte[]> last; // that was dropped
  private long next; // offset that the cursor is at, or behind
  private long bytes;

  /** None yet; the log can be read again from an offset on. */
  PastImages(LongFunction<LogCursor> from) {
    this.from = from;
  }

  void keep(ConsumerRecord<byte[], byte[]> record) {
    if (bytes + record.serializedValueSize() <= MOST_BYTES
        && kept.putIfAbsent(record.offset(), record) == null) {
      bytes += record.serializedValueSize();
    }
  }

  /** The record of an offset; null if it is not there any more. */
  @Nullable ConsumerRecord<byte[], byte[]> get(long offset) {
    ConsumerRecord<byte[], byte[]> record = kept.get(offset);
    if (record == null && last != null && last.offset() == offset) {
      record = last;
    }
    return record != null ? record : read(offset);
  }

  private @Nullable ConsumerRecord<byte[], byte[]> read(long offset) {
    if (cursor == null || offset < next) {
      close();
      cursor = from.apply(offset);
    }
    LogCursor reading = cursor;
    while (reading.hasNext()) {
      ConsumerRecord<byte[], byte[]> record = reading.next();
      next = record.offset() + 1;
      if (record.offset() >= offset) {
        return record.offset() == offset ? record : null;
      }
    }
    return null;
  }

  /** A record is not needed any more, unless it is right away, by a follower. */
  void drop(long offset) {
    ConsumerRecord<byte[], byte[]> dropped = kept.remove(offset);
    if (dropped != null) {
      bytes -= dropped.serializedValueSize();
      last = dropped;
    }
  }

  @Override
  public void close() {
    if (cursor != null) {
      cursor.close();
      cursor = null;
    }
  }
}
