package io.streamgrad.store;

import io.streamgrad.format.ChangelogLayout;
import io.streamgrad.format.Generation;
import io.streamgrad.format.JournalEntry;
import io.streamgrad.format.JournaledBatch;
import io.streamgrad.format.Key;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The batches of one model that are stored one by one, because no state that is stored has them
 * all. Their pieces follow one another in slot 2 of {@link ChangelogLayout}.
 */
final class Journal {
  private final String model;
  private final int maxChunkBytes;
  private final NavigableMap<Long, Entry> entries = new TreeMap<>(); // by generation
  private long bytes;
  private int next; // free index in the slot

  private record Entry(List<Key> keys, long bytes) {}

  /** The journal that consists of these pieces. */
  Journal(String model, int maxChunkBytes, Iterable<Generation> stored) {
    this.model = model;
    this.maxChunkBytes = maxChunkBytes;
    for (Generation generation : stored) {
      add(generation.number(), generation.keys(), generation.bytes().length);
      next = ChangelogLayout.index(generation.keys().get(generation.keys().size() - 1)) + 1;
    }
  }

  /** Writes a batch, whose number follows that of the last one. */
  void append(KeyValueStore<Bytes, byte[]> store, long generation, JournaledBatch batch) {
    byte[] entry = JournalEntry.encode(batch);
    int pieces = ChangelogLayout.pieces(entry.length, maxChunkBytes);
    if (next < 0 || next > Integer.MAX_VALUE - pieces) {
      next = 0; // the batches at the slot's beginning are long gone
    }
    List<Key> keys = new ArrayList<>(pieces);
    for (int i = 0; i < pieces; i++) {
      Key key = ChangelogLayout.key(model, ChangelogLayout.JOURNAL, next++);
      Bytes stored = Bytes.wrap(key.bytes());
      byte[] replaced = store.get(stored);
      store.put(stored, ChangelogLayout.value(generation, entry, i, maxChunkBytes, replaced));
      keys.add(key);
    }
    add(generation, keys, entry.length);
  }

  private void add(long generation, List<Key> keys, long length) {
    entries.put(generation, new Entry(keys, length));
    bytes += length;
  }

  /** Deletes the batches that are in a state. */
  void deleteUpTo(KeyValueStore<Bytes, byte[]> store, long generation) {
    delete(store, entries.headMap(generation, true));
  }

  /** Deletes what a crash has left of batches that were never committed. */
  void deleteAfter(KeyValueStore<Bytes, byte[]> store, long generation) {
    delete(store, entries.tailMap(generation, false));
  }

  private void delete(KeyValueStore<Bytes, byte[]> store, NavigableMap<Long, Entry> deleted) {
    for (Iterator<Entry> each = deleted.values().iterator(); each.hasNext(); ) {
      Entry entry = each.next();
      entry.keys().forEach(key -> store.delete(Bytes.wrap(key.bytes())));
      bytes -= entry.bytes();
      each.remove();
    }
  }

  boolean isEmpty() {
    return entries.isEmpty();
  }

  /** The length of all batches in it. */
  long bytes() {
    return bytes;
  }
}
