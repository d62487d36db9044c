package io.streamgrad.store;

import io.streamgrad.format.JournaledBatch;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.RecoveredModel;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The models of a store that are in memory. Used by one thread at a time, except for what says
 * otherwise.
 */
final class ModelCache {
  private final int maxLive;
  private final int maxChunkBytes;
  private final LongSupplier clock;
  private final ReusableBuffer encoding = new ReusableBuffer(); // of all small ones
  private final Map<String, CachedModel> live = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<CachedModel> unsettled = new LinkedHashSet<>();
  private volatile boolean anyLarge;

  /**
   * None yet.
   *
   * @param maxLive settled models beyond this number are dropped after a flush
   * @param clock in nanoseconds, as {@link System#nanoTime}
   */
  ModelCache(int maxLive, int maxChunkBytes, LongSupplier clock) {
    this.maxLive = maxLive;
    this.maxChunkBytes = maxChunkBytes;
    this.clock = clock;
  }

  @Nullable CachedModel get(String name) {
    return live.get(name);
  }

  /** Takes a model that was read from the store, or of which the store has nothing. */
  CachedModel add(String name, RecoveredModel restored) {
    boolean large = ModelCodec.size(restored.model()) > maxChunkBytes;
    CachedModel model =
        large
            ? new LargeModel(name, restored, maxChunkBytes, clock.getAsLong())
            : new SmallModel(name, restored, maxChunkBytes, encoding);
    live.put(name, model);
    anyLarge |= large;
    if (!model.isSettled()) {
      unsettled.add(model);
    }
    return model;
  }

  /** A model has learned from a batch. */
  void learned(CachedModel model, ModelEntry after, JournaledBatch batch) {
    model.learned(after, batch);
    unsettled.add(model);
  }

  /** A model has another lineage. */
  void moved(String name, ModelEntry after) {
    CachedModel model = Objects.requireNonNull(live.get(name));
    model.moved(after);
    unsettled.add(model);
  }

  /** Writes what is new of the models to the store. */
  void flush(KeyValueStore<Bytes, byte[]> store, boolean ending) {
    long now = clock.getAsLong();
    unsettled.forEach(model -> model.flush(store, ending, now));
    unsettled.removeIf(CachedModel::isSettled);
    Iterator<CachedModel> eldest = live.values().iterator();
    while (live.size() > maxLive && eldest.hasNext()) {
      if (!unsettled.contains(eldest.next())) {
        eldest.remove();
      }
    }
  }

  /** Whether nothing is left to be written. */
  boolean areSettled() {
    return unsettled.isEmpty();
  }

  /** Whether any model so far was a large one. Any thread may ask. */
  boolean anyLarge() {
    return anyLarge;
  }

  /** Forgets all models. */
  void clear() {
    live.clear();
    unsettled.clear();
  }
}
