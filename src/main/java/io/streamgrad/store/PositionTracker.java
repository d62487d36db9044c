package io.streamgrad.store;

import io.streamgrad.format.Key;
import io.streamgrad.format.PartitionRecords;
import io.streamgrad.format.Position;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The position of a store's models, which it writes where it has changed, and what was adopted. Not
 * thread-safe.
 */
final class PositionTracker {
  private static final long NO_GAP = -1;

  private final KeyValueStore<Bytes, byte[]> store;
  private @Nullable Position written; // since tracking began
  private @Nullable Position base; // null: positions are not tracked
  private long offset;
  private boolean announcing;
  private @Nullable String settings; // to be written; null: they are
  private final AtomicLong gap = new AtomicLong(NO_GAP); // any thread

  PositionTracker(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
  }

  void reset() {
    written = null;
    base = null;
    settings = null;
    gap.set(NO_GAP);
  }

  /**
   * From now on the position is written.
   *
   * @param announced whether it is also written before the states: where a crash may cut off what
   *     is written
   */
  void begin(Position position, boolean announced) {
    base = position;
    offset = position.offset();
    announcing = announced;
  }

  /** Whether positions are written. */
  boolean isTracked() {
    return base != null;
  }

  /** Whether a record was processed since positions are written. */
  boolean hasAdvanced() {
    return base != null && offset > base.offset();
  }

  /** The offset after the last record that was processed. */
  long offset() {
    return offset;
  }

  /** Models learn with these settings from the next position on. */
  void settings(String text) {
    settings = text.equals(storedSettings()) ? null : text;
  }

  /** Those that models have learned with up to the stored position; null if it is not known. */
  @Nullable String storedSettings() {
    byte[] value = store.get(Bytes.wrap(PartitionRecords.SETTINGS.bytes()));
    return value == null
        ? null
        : new String(PartitionRecords.content(value, "settings"), StandardCharsets.UTF_8);
  }

  /** Whether states must not stay behind: what they lack was learned with other settings. */
  boolean hasNewSettings() {
    return settings != null && storedSettings() != null;
  }

  /** A record was processed; false if one behind it was before, and then nothing has changed. */
  boolean advance(long record) {
    if (record < offset && base != null) {
      return false;
    }
    if (record > offset && base != null) {
      gap.compareAndSet(NO_GAP, offset);
    }
    offset = record + 1;
    return true;
  }

  /**
   * The first offset that was passed over since this was last called; -1 if none was. Any thread
   * may ask.
   */
  long takeGap() {
    return gap.getAndSet(NO_GAP);
  }

  /** Before the states are written: what they lead to. */
  void announce(OptionalLong behindFrom, long states, long models) {
    if (base != null && announcing) {
      write(at(base, behindFrom, states, models), PartitionRecords.ANNOUNCED);
    }
  }

  /**
   * After the states are written: a state that is missing is noticed, a position ahead is not.
   *
   * @param behindFrom offset of the first record that a state lacks; empty if none does
   */
  void write(OptionalLong behindFrom, long states, long models) {
    if (base != null) {
      String changed = settings;
      if (changed != null) {
        store.put(
            Bytes.wrap(PartitionRecords.SETTINGS.bytes()),
            PartitionRecords.record(changed.getBytes(StandardCharsets.UTF_8)));
        settings = null;
      }
      Position now = at(base, behindFrom, states, models);
      write(now, PartitionRecords.POSITION);
      written = now;
    }
  }

  private Position at(Position place, OptionalLong behindFrom, long states, long models) {
    return new Position(
        place.topic(),
        place.topicId(),
        place.partition(),
        place.partitions(),
        offset,
        behindFrom.orElse(offset),
        states,
        models,
        place.mathematics());
  }

  private void write(Position now, Key key) {
    if (!now.equals(written)) {
      store.put(Bytes.wrap(key.bytes()), now.encode());
    }
  }

  @Nullable Position stored() {
    return read(PartitionRecords.POSITION);
  }

  @Nullable Position announced() {
    return read(PartitionRecords.ANNOUNCED);
  }

  private @Nullable Position read(Key key) {
    byte[] value = store.get(Bytes.wrap(key.bytes()));
    return value == null ? null : Position.decode(value);
  }

  /** What was adopted, as it was given to {@link #adopt}, oldest first. */
  List<byte[]> adoptions() {
    List<byte[]> adoptions = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> each =
        store.range(
            Bytes.wrap(PartitionRecords.FIRST_ADOPTION.bytes()),
            Bytes.wrap(PartitionRecords.LAST_ADOPTION.bytes()))) {
      while (each.hasNext()) {
        adoptions.add(PartitionRecords.content(each.next().value, "adoption"));
      }
    }
    return adoptions;
  }

  void adopt(byte[] message) {
    store.put(
        Bytes.wrap(PartitionRecords.adoption(adoptions().size()).bytes()),
        PartitionRecords.record(message));
  }
}
