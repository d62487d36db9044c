package io.streamgrad.store;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Changes to stored bytes that go out with the next commit, and what is stored as if they had: the
 * store itself may be written by the stream thread only. Not thread-safe, but for {@link #bytes}.
 */
final class PendingEdits {
  private final KeyValueStore<Bytes, byte[]> store;
  private final NavigableMap<Bytes, Optional<byte[]>> edits = new TreeMap<>(); // empty: deleted
  private final AtomicLong bytes = new AtomicLong(); // of values

  PendingEdits(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
  }

  byte @Nullable [] get(Bytes key) {
    Optional<byte[]> edit = edits.get(key);
    return edit == null ? store.get(key) : edit.orElse(null);
  }

  void put(Bytes key, byte[] value) {
    edits.put(key, Optional.of(value));
    bytes.addAndGet(value.length); // also where another was to be written
  }

  /** How many bytes are to be written, about. Any thread may ask. */
  long bytes() {
    return bytes.get();
  }

  void delete(Bytes key) {
    edits.put(key, Optional.empty());
  }

  /** Deletes all from the first key to the last one. */
  void delete(Bytes first, Bytes last) {
    List<Bytes> keys = new ArrayList<>(edits.subMap(first, true, last, true).keySet());
    try (KeyValueIterator<Bytes, byte[]> stored = store.range(first, last)) {
      stored.forEachRemaining(record -> keys.add(record.key));
    }
    keys.forEach(this::delete);
  }

  /** Before a commit, on the stream thread. */
  void write() {
    edits.forEach(
        (key, value) -> {
          if (value.isPresent()) {
            store.put(key, value.get());
          } else {
            store.delete(key);
          }
        });
    clear();
  }

  void clear() {
    edits.clear();
    bytes.set(0);
  }
}
