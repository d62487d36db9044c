package io.streamgrad.store;

import io.streamgrad.learner.Learner;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
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
  private final LiveModels models;
  private final CheckSum check = new CheckSum();
  private final PositionTracker position;
  private boolean leftUnsettled; // guarded by this
  private @Nullable Runnable beforeFlush;
  private @Nullable BooleanSupplier ending;

  /**
   * A store over a logged store of bytes.
   *
   * @param maxLive settled models beyond this number are dropped from memory after a flush, and
   *     read back from the bytes when they are next needed
   * @param clock in nanoseconds, as {@link System#nanoTime}
   */
  WeightsStore(
      KeyValueStore<Bytes, byte[]> inner, int maxLive, int maxChunkBytes, LongSupplier clock) {
    this.inner = inner;
    models = new LiveModels(maxLive, maxChunkBytes, clock);
    position = new PositionTracker(inner);
  }

  /**
   * A model, live: it may be changed in place, and {@link #put} says that it was.
   *
   * @param learner gives the one of this model; asked for only if there is something to learn again
   * @return null if the store has none of this name
   * @throws UnreadableStateException if what the store has is not this model
   */
  public @Nullable StoredModel get(String name, Supplier<Learner> learner) {
    LiveModel model = models.get(name);
    if (model == null) {
      Restored restored = read(name, learner);
      if (restored == null) {
        return null;
      }
      model = models.add(name, restored);
      check.set(name, model.model());
      if (!model.isSettled()) {
        leaveUnsettled(true);
      }
    }
    return model.model();
  }

  /**
   * Takes a new or changed model; the next commit has it.
   *
   * @param model that {@link #get} gave after the last flush, or a new one if it gave none
   * @param batch that it has learned from
   */
  public void put(String name, StoredModel model, LearnedBatch batch) {
    LiveModel before = models.get(name);
    models.learned(before != null ? before : models.add(name, Restored.first(model)), model, batch);
    check.set(name, model);
  }

  /** Takes a model that {@link #get} gave with another lineage. The next flush writes it whole. */
  void move(String name, StoredModel moved) {
    models.moved(name, moved);
    check.set(name, moved);
  }

  /** A number over all models that were got or put since the store was initialized. */
  public long check() {
    return check.value();
  }

  /** The position that was written last; null if none was. */
  public @Nullable Position position() {
    return position.stored();
  }

  /** The position that the last states written, or cut off, lead to; null unless announced. */
  public @Nullable Position announcedPosition() {
    return position.announced();
  }

  /**
   * From now on each flush also writes the position, last, if it has changed; until the store is
   * initialized again.
   *
   * @param announced whether it is also written before the models, see {@link #announcedPosition}
   */
  public void trackPosition(Position from, boolean announced) {
    position.begin(from, announced);
  }

  /**
   * A record of the input is about to be processed, on the stream thread: the next position is
   * after it.
   *
   * @return false if the position already is: the input is not the one that it was
   */
  public boolean advance(long offset) {
    return position.advance(offset);
  }

  /**
   * The first input offset that was passed over since this was last asked: of a marker, of a record
   * that its producer took back, or of one that was deleted; -1 if none was. Any thread may ask.
   */
  public long takeGap() {
    return position.takeGap();
  }

  /** The tracker of the position, and of what was adopted. */
  PositionTracker tracker() {
    return position;
  }

  /** The names of all models that have been written. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    try (KeyValueIterator<Bytes, byte[]> all = inner.all()) {
      while (all.hasNext()) {
        Bytes key = all.next().key;
        if (Chunks.isModel(key)) {
          names.add(Chunks.model(key));
        }
      }
    }
    return names;
  }

  private @Nullable Restored read(String name, Supplier<Learner> learner) {
    try (KeyValueIterator<Bytes, byte[]> pieces =
        inner.range(Chunks.first(name), Chunks.last(name))) {
      Iterable<KeyValue<Bytes, byte[]>> once = () -> pieces;
      return Restored.of(name, once, learner);
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
   * Takes what tells, at each flush, whether another version of this software may be the next to
   * read the store; until it is initialized again. Such a flush writes states only.
   */
  public void ending(BooleanSupplier now) {
    ending = now;
  }

  /** Whether any model so far is one that is written in parts. Any thread may ask. */
  public boolean hasLargeModels() {
    return models.anyLarge();
  }

  /** Whether the last flush left something for later ones to write. Any thread may ask. */
  public synchronized boolean isLeftUnsettled() {
    return leftUnsettled;
  }

  private synchronized void leaveUnsettled(boolean left) {
    leftUnsettled = left;
  }

  /**
   * Writes what is new of the models to the bytes and so to the changelog; called before each
   * commit.
   */
  @Override
  public void flushCache() {
    if (beforeFlush != null) {
      beforeFlush.run();
    }
    write();
  }

  /** Who asks in the middle whether something is left is answered at the end. */
  private synchronized void write() {
    position.announce(check.value());
    models.flush(inner, ending != null && ending.getAsBoolean());
    position.write(check.value());
    leaveUnsettled(!models.areSettled());
  }

  /** Forgets the live models: the bytes are about to change under them. */
  @Override
  public void clearCache() {
    models.clear();
    check.clear();
    leaveUnsettled(false);
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
    position.reset();
    beforeFlush = null;
    ending = null;
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
