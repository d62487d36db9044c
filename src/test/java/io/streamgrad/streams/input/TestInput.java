package io.streamgrad.streams.input;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** A log of one partition, without a broker, and what was read of it. */
public final class TestInput implements InputLog {
  public static final String ID = new Uuid(1, 2).toString();

  private final LogState state;
  private final List<ConsumerRecord<byte[], byte[]>> records = new CopyOnWriteArrayList<>();

  public TestInput(long start, long end, long committed) {
    this(new LogState("streamgrad.images", ID, 0, 1, start, end, committed));
  }

  public TestInput(LogState state) {
    this.state = state;
  }

  public TestInput add(long offset, byte[] key, byte[] value) {
    records.add(new ConsumerRecord<>(state.topic(), 0, offset, key, value));
    return this;
  }

  public TestInput add(long offset, long timestamp, byte[] key, byte[] value) {
    records.add(
        new ConsumerRecord<>(
            state.topic(),
            0,
            offset,
            timestamp,
            TimestampType.CREATE_TIME,
            key.length,
            value.length,
            key,
            value,
            new RecordHeaders(),
            Optional.empty()));
    return this;
  }

  /** A record of any content. */
  public TestInput add(long offset) {
    return add(offset, new byte[] {'a'}, new byte[0]);
  }

  @Override
  public LogState state(int partition) {
    return state;
  }

  @Override
  public RecordReader reader(int partition) {
    return new RecordReader() {
      @Override
      public @Nullable ConsumerRecord<byte[], byte[]> read(long offset) {
        return records.stream()
            .filter(record -> record.offset() == offset)
            .findFirst()
            .orElse(null);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void read(
      int partition, long from, long to, Predicate<ConsumerRecord<byte[], byte[]>> reader) {
    records.stream()
        .filter(record -> record.offset() >= from && record.offset() < to)
        .takeWhile(reader)
        .forEach(record -> {});
  }
}
