package io.streamgrad.store;

import io.streamgrad.format.ChangelogLayout;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** A state on its way to the store, some pieces at a time. */
final class StateWriter {
  private final String model;
  private final byte slot;
  private final long generation;
  private final byte[] bytes;
  private final int maxChunkBytes;
  private int written; // pieces

  /**
   * Nothing is written yet.
   *
   * @param bytes of the state; must not change until all is written
   */
  StateWriter(String model, byte slot, long generation, byte[] bytes, int maxChunkBytes) {
    this.model = model;
    this.slot = slot;
    this.generation = generation;
    this.bytes = bytes;
    this.maxChunkBytes = maxChunkBytes;
  }

  /**
   * Writes the next pieces. Arrays that the store has are written over where they fit: the producer
   * has copied them, and new ones of a large model, which outlive several commits, would keep the
   * garbage collector copying.
   *
   * @return whether that was the last one
   */
  boolean write(KeyValueStore<Bytes, byte[]> store, int atMost) {
    int pieces = ChangelogLayout.pieces(bytes.length, maxChunkBytes);
    for (int i = 0; i < atMost && written < pieces; i++) {
      Bytes key = Bytes.wrap(ChangelogLayout.key(model, slot, written).bytes());
      byte[] replaced = store.get(key);
      store.put(key, ChangelogLayout.value(generation, bytes, written, maxChunkBytes, replaced));
      written++;
    }
    return written == pieces;
  }

  byte slot() {
    return slot;
  }

  long generation() {
    return generation;
  }
}
