package io.streamgrad.store;

import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Position;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** The position of a store's models in one topic, written where it has changed. Not thread-safe. */
final class PositionTracker {
  private static final long NO_GAP = -1;

  private final KeyValueStore<Bytes, byte[]> store;
  private final Key key;
  private @Nullable Position written; // since tracking began
  private @Nullable Position base; // null: positions are not tracked
  private long offset;
  private boolean announcing;
  private final AtomicLong gap = new AtomicLong(NO_GAP); // any thread

  /** Not tracked yet; to be written under this key. */
  PositionTracker(KeyValueStore<Bytes, byte[]> store, Key key) {
    this.store = store;
    this.key = key;
  }

  void reset() {
    written = null;
    base = null;
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
  void announce(long replayFrom, long states, long models) {
    if (base != null && announcing) {
      write(at(base, replayFrom, states, models), PartitionRecords.ANNOUNCED);
    }
  }

  /**
   * After the states are written: a state that is missing is noticed, a position ahead is not.
   *
   * @param replayFrom offset of the first record that a state lacks; of the next one if none does
   */
  void write(long replayFrom, long states, long models) {
    if (base != null) {
      Position now = at(base, replayFrom, states, models);
      write(now, key);
      written = now;
    }
  }

  private Position at(Position place, long replayFrom, long states, long models) {
    return new Position(
        place.topic(),
        place.topicId(),
        place.partition(),
        place.partitions(),
        offset,
        replayFrom,
        states,
        models,
        place.mathematics());
  }

  private void write(Position now, Key under) {
    if (!now.equals(written)) {
      store.put(Bytes.wrap(under.bytes()), now.encode());
    }
  }

  @Nullable Position stored() {
    return read(key);
  }

  @Nullable Position announced() {
    return read(PartitionRecords.ANNOUNCED);
  }

  private @Nullable Position read(Key under) {
    byte[] value = store.get(Bytes.wrap(under.bytes()));
    return value == null ? null : Position.decode(value);
  }
}
