package io.streamgrad.store;

import io.streamgrad.format.ChangelogLayout;
import io.streamgrad.format.JournaledBatch;
import io.streamgrad.format.Key;
import io.streamgrad.format.Piece;
import io.streamgrad.format.Position;
import io.streamgrad.format.UnreadableStateException;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.RecoveredModel;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The state store that holds the models: live objects in front of a logged store of bytes. A model
 * that was changed is written, once, right before Kafka Streams commits ({@link #write}), so that
 * its bytes are part of the transaction that also holds the offsets of the batches it learned from.
 *
 * <p><em>Threading.</em> Used by one thread at a time: the stream thread, as every state store is,
 * and between a record and the next commit the one that learns.
 */
public final class WeightsStore implements StateStore {
  private final KeyValueStore<Bytes, byte[]> inner;
  private final ModelCache models;
  private final CheckSum check = new CheckSum();
  private final PositionTracker position;
  private boolean leftUnsettled; // guarded by this

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
    models = new ModelCache(maxLive, maxChunkBytes, clock);
    position = new PositionTracker(inner);
  }

  /**
   * A model, live: it may be changed in place, and {@link #put} says that it was.
   *
   * @param learner gives the one of this model; asked for only if there is something to learn again
   * @return null if the store has none of this name
   * @throws UnreadableStateException if what the store has is not this model
   */
  public @Nullable ModelEntry get(String name, Supplier<Learner> learner) {
    CachedModel model = models.get(name);
    if (model == null) {
      RecoveredModel restored = read(name, learner);
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
  public void put(String name, ModelEntry model, JournaledBatch batch) {
    CachedModel before = models.get(name);
    models.learned(
        before != null ? before : models.add(name, RecoveredModel.first(model)), model, batch);
    check.set(name, model);
  }

  /**
   * Takes a model that {@link #get} gave with another lineage. The next {@link #write} writes it
   * whole.
   */
  void move(String name, ModelEntry moved) {
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
   * From now on each {@link #write} also writes the position, last, if it has changed; until the
   * store is initialized again.
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
        Key key = Key.of(all.next().key.get());
        if (ChangelogLayout.isModel(key)) {
          names.add(ChangelogLayout.model(key));
        }
      }
    }
    return names;
  }

  private @Nullable RecoveredModel read(String name, Supplier<Learner> learner) {
    List<Piece> pieces = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> each =
        inner.range(bytes(ChangelogLayout.first(name)), bytes(ChangelogLayout.last(name)))) {
      each.forEachRemaining(piece -> pieces.add(new Piece(Key.of(piece.key.get()), piece.value)));
    }
    return RecoveredModel.of(name, pieces, learner);
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
   * Writes what is new of the models to the bytes and so to the changelog; to be called before each
   * commit. An answer to {@link #isLeftUnsettled} waits for its end.
   *
   * @param ending whether another version of this software may be the next to read the store: then
   *     all of them are written as states, without journals
   */
  public synchronized void write(boolean ending) {
    position.announce(check.value());
    models.flush(inner, ending);
    position.write(check.value());
    leaveUnsettled(!models.areSettled());
  }

  /** Forgets the live models: the bytes have changed under them, or may. */
  public void forget() {
    models.clear();
    check.clear();
    position.reset();
    leaveUnsettled(false);
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    forget();
    inner.init(context, root);
  }

  @Override
  public void commit(Map<TopicPartition, Long> changelogOffsets) {
    inner.commit(changelogOffsets);
  }

  @Override
  public void close() {
    forget();
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

  private static Bytes bytes(Key key) {
    return Bytes.wrap(key.bytes());
  }
}
