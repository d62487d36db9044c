package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** A state on its way to the store, some pieces at a time. */
final class StateWriter {
  private final String model;
  private final byte slot;
  private final long generation;
  private final byte[] bytes;
  private final int maxChunkBytes;
  private final long term;
  private int written; // pieces

  /**
   * Nothing is written yet.
   *
   * @param bytes of the state; must not change until all is written
   * @param term of {@link io.streamgrad.format.changelog.Checks}
   */
  StateWriter(
      String model, byte slot, long generation, byte[] bytes, int maxChunkBytes, long term) {
    this.model = model;
    this.slot = slot;
    this.generation = generation;
    this.bytes = bytes;
    this.maxChunkBytes = maxChunkBytes;
    this.term = term;
  }

  /**
   * Writes the next pieces.
   *
   * @param atMost so many bytes, and one piece in any case
   * @return whether that was the last one
   */
  boolean write(KeyValueStore<Bytes, byte[]> store, long atMost) {
    int pieces = ChangelogLayout.pieces(bytes.length, maxChunkBytes);
    for (long left = atMost; written < pieces; left -= maxChunkBytes) {
      Bytes key = Bytes.wrap(ChangelogLayout.key(model, slot, written).bytes());
      store.put(key, ChangelogLayout.value(generation, bytes, written, maxChunkBytes));
      written++;
      if (left <= maxChunkBytes) {
        break;
      }
    }
    return written == pieces;
  }

  long bytesLeft() {
    return bytes.length - (long) written * maxChunkBytes;
  }

  long term() {
    return term;
  }
}
