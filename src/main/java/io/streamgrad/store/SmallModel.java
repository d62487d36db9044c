package io.streamgrad.store;

import io.streamgrad.format.JournaledBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.RecoveredModel;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** A model that fits one piece: it is written whole, at every flush before which it learned. */
final class SmallModel extends CachedModel {
  private final String name;
  private final int maxChunkBytes;
  private final ReusableBuffer encoding;
  private long generation; // flushes that wrote it
  private boolean changed;

  /**
   * A new model, or one as it was read from the store.
   *
   * @param encoding may be used for others in between
   */
  SmallModel(String name, RecoveredModel restored, int maxChunkBytes, ReusableBuffer encoding) {
    super(restored.model());
    this.name = name;
    generation = restored.generation();
    this.maxChunkBytes = maxChunkBytes;
    this.encoding = encoding;
  }

  @Override
  void learned(ModelEntry after, JournaledBatch batch) {
    super.learned(after, batch);
    changed = true;
  }

  @Override
  void moved(ModelEntry after) {
    super.moved(after);
    changed = true;
  }

  @Override
  void flush(KeyValueStore<Bytes, byte[]> store, boolean ending, long now) {
    if (changed) {
      generation++;
      byte[] bytes = encoding.of(model());
      new StateWriter(name, (byte) 0, generation, bytes, maxChunkBytes).write(store, 1);
      changed = false;
    }
  }

  @Override
  boolean isSettled() {
    return !changed;
  }
}
