package io.streamgrad.store;

import io.streamgrad.format.JournaledBatch;
import io.streamgrad.model.ModelEntry;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/** A model in memory, and what of it the store has. Used by one thread at a time. */
abstract sealed class CachedModel permits SmallModel, LargeModel {
  private ModelEntry model;

  CachedModel(ModelEntry model) {
    this.model = model;
  }

  /** The model as it is now; it may be changed in place. */
  final ModelEntry model() {
    return model;
  }

  /** Takes the model after it has learned from a batch. */
  void learned(ModelEntry after, JournaledBatch batch) {
    model = after;
  }

  /** Takes the model with another lineage; an ending flush writes its state. */
  void moved(ModelEntry after) {
    model = after;
  }

  /**
   * Writes what the store needs to give the model back as it is now.
   *
   * @param ending whether another version of this software may be the next to read it
   * @param now in nanoseconds; decides when a state is written, not what is read back
   */
  abstract void flush(KeyValueStore<Bytes, byte[]> store, boolean ending, long now);

  /** Whether nothing is left to be written, now or later, unless the model goes on to learn. */
  abstract boolean isSettled();
}
