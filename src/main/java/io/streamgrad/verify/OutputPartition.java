package io.streamgrad.verify;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * One partition of an output topic, read some way ahead: a record that lies where it does not
 * belong hides none of its neighbours, and what at-least-once processing has written again is met
 * together with what it had written first. One thread.
 */
final class OutputPartition<T> implements AutoCloseable {
  private static final int MOST_AHEAD = 4096;
  private static final long MOST_BYTES_AHEAD = 16 << 20;

  private final LogCursor cursor;
  private final long end;
  private final Outputs.Reader<T> reader;
  private final BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign;
  private final NavigableMap<Long, Deque<Output<T>>> ahead = new TreeMap<>(); // by input offset
  private int count;
  private long bytes;
  private @Nullable Output<T> beyondEnd;

  /**
   * Stands at the partition's start.
   *
   * @param cursor closed with this
   * @param end the input offset from which on nothing is looked at
   * @param foreign takes the records that no service has written, and why they are none
   */
  OutputPartition(
      LogCursor cursor,
      long end,
      Outputs.Reader<T> reader,
      BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign) {
    this.cursor = cursor;
    this.end = end;
    this.reader = reader;
    this.foreign = foreign;
  }

  /** Takes what is about the lowest input, if that is not above this offset. */
  Optional<Output<T>> take(long inputOffset) {
    fill();
    if (ahead.isEmpty() || ahead.firstKey() > inputOffset) {
      return Optional.empty();
    }
    Deque<Output<T>> lowest = ahead.firstEntry().getValue();
    Output<T> taken = lowest.removeFirst();
    if (lowest.isEmpty()) {
      ahead.pollFirstEntry();
    }
    count--;
    bytes -= taken.bytes();
    return Optional.of(taken);
  }

  private void fill() {
    while (count < MOST_AHEAD && (count == 0 || bytes < MOST_BYTES_AHEAD) && cursor.hasNext()) {
      ConsumerRecord<byte[], byte[]> record = cursor.next();
      try {
        add(reader.read(record));
      } catch (ForeignRecordException e) {
        foreign.accept(record, String.valueOf(e.getMessage()));
      }
    }
  }

  private void add(@Nullable Output<T> output) {
    if (output == null) {
      return;
    }
    if (output.inputOffset() >= end) {
      beyondEnd =
          beyondEnd != null && beyondEnd.inputOffset() >= output.inputOffset() ? beyondEnd : output;
      return;
    }
    ahead.computeIfAbsent(output.inputOffset(), offset -> new ArrayDeque<>()).add(output);
    count++;
    bytes += output.bytes();
  }

  /**
   * The output about the highest input that is not looked at, once all others are taken; empty if
   * there is none.
   */
  Optional<Output<T>> beyondEnd() {
    return Optional.ofNullable(beyondEnd);
  }

  @Override
  public void close() {
    cursor.close();
  }
}
