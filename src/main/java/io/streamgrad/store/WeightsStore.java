package io.streamgrad.store;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.Nullable;

/**
 * The state store that holds the models: live objects in front of a logged store of bytes. A model
 * that was changed is written, once, when Kafka Streams flushes the caches right before it commits,
 * so that its bytes are part of the transaction that also holds the offsets of the batches it
 * learned from.
 *
 * <p>{@link CachedStateStore} is internal to Kafka Streams and the only hook at that moment; {@link
 * StateStore#commit} comes after the transaction. A test holds that each commit writes the weights,
 * in case an upgrade changes this (docs/decisions/0002).
 *
 * <p>Used by one thread at a time: the stream thread, as every state store is, and between a record
 * and the next flush the one that learns, which {@link #beforeFlush} waits for.
 */
public final class WeightsStore implements StateStore, CachedStateStore<String, StoredModel> {
  /** Its name in the topology, part of the name of its changelog. */
  public static final String NAME = "weights";

  private final KeyValueStore<Bytes, byte[]> inner;
  private final int maxLive;
  private final int maxChunkBytes;
  private final Map<String, StoredModel> live = new LinkedHashMap<>(16, 0.75f, true);
  private final Map<String, Long> generations = new HashMap<>();
  private final Set<String> changed = new LinkedHashSet<>();
  private byte[] encoded = {};
  private @Nullable Runnable beforeFlush;

  /**
   * A store over a logged store of bytes.
   *
   * @param maxLive unchanged models beyond this number are dropped from memory after a flush, and
   *     read back from the bytes when they are next needed
   */
  WeightsStore(KeyValueStore<Bytes, byte[]> inner, int maxLive, int maxChunkBytes) {
    this.inner = inner;
    this.maxLive = maxLive;
    this.maxChunkBytes = maxChunkBytes;
  }

  /**
   * A model, live: it may be changed in place, and {@link #put} says that it was.
   *
   * @return null if the store has none of this name
   */
  public @Nullable StoredModel get(String name) {
    StoredModel model = live.get(name);
    if (model == null) {
      Chunks.Joined joined = read(name);
      if (joined == null) {
        return null;
      }
      model = ModelCodec.decode(joined.bytes());
      generations.put(name, joined.generation());
      live.put(name, model);
    }
    return model;
  }

  /** Takes a new or changed model; it is written with the next commit. */
  public void put(String name, StoredModel model) {
    live.put(name, model);
    changed.add(name);
  }

  /** The names of all models that have been written. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    try (KeyValueIterator<Bytes, byte[]> all = inner.all()) {
      while (all.hasNext()) {
        names.add(Chunks.model(all.next().key));
      }
    }
    return names;
  }

  private Chunks.@Nullable Joined read(String name) {
    try (KeyValueIterator<Bytes, byte[]> pieces =
        inner.range(Chunks.first(name), Chunks.last(name))) {
      Iterable<KeyValue<Bytes, byte[]>> once = () -> pieces;
      return Chunks.join(once);
    }
  }

  /**
   * Takes what has to be done before each flush, until the store is initialized again: to bring the
   * models up to the offsets that are about to be committed. If it throws, nothing is committed.
   */
  public void beforeFlush(Runnable action) {
    beforeFlush = action;
  }

  /**
   * Writes the changed models to the bytes and so to the changelog; called before each commit. All
   * arrays are written over where they fit: the producer has copied them, and new ones of a large
   * model, which outlive several commits, would keep the garbage collector copying.
   */
  @Override
  public void flushCache() {
    if (beforeFlush != null) {
      beforeFlush.run();
    }
    for (String name : changed) {
      StoredModel model = Objects.requireNonNull(live.get(name));
      long generation = generations.merge(name, 1L, Long::sum);
      encoded = ModelCodec.encode(model, encoded);
      Chunks.split(name, generation, encoded, maxChunkBytes, inner::get)
          .forEach(chunk -> inner.put(chunk.key, chunk.value));
    }
    changed.clear();
    var eldest = live.keySet().iterator();
    while (live.size() > maxLive) {
      eldest.next();
      eldest.remove();
    }
  }

  /** Forgets the live models: the bytes are about to change under them. */
  @Override
  public void clearCache() {
    live.clear();
    generations.clear();
    changed.clear();
  }

  @Override
  public boolean setFlushListener(
      CacheFlushListener<String, StoredModel> listener, boolean sendOldValues) {
    return false; // nothing is forwarded from a flush
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    clearCache();
    beforeFlush = null;
    inner.init(context, root);
  }

  @Override
  public void commit(Map<TopicPartition, Long> changelogOffsets) {
    inner.commit(changelogOffsets);
  }

  @Override
  public void close() {
    clearCache();
    inner.close();
  }

  @Override
  public boolean persistent() {
    return inner.persistent();
  }

  @Override
  public boolean isOpen() {
    return inner.isOpen();
  }
}
