package io.streamgrad.store;

import io.streamgrad.format.Checks;
import io.streamgrad.format.LabelsTaken;
import io.streamgrad.format.PartitionRecords;
import io.streamgrad.format.Position;
import io.streamgrad.format.UnreadableStateException;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Moment;
import io.streamgrad.recovery.RecoveredModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The state store that holds the models: live objects in front of a logged store of bytes. Right
 * before Kafka Streams commits ({@link #write}), a position is written, and some of the states that
 * have changed, as part of the transaction that also holds the offsets of the batches they learned
 * from. What stored states are behind the position is learned again from the input.
 * docs/decisions/0026 says why.
 *
 * <p><em>Threading.</em> Used by one thread at a time: the stream thread, as every state store is,
 * and between a record and the next commit the one that learns.
 */
public final class WeightsStore implements StateStore {
  private final KeyValueStore<Bytes, byte[]> inner;
  private final StoredStates stored;
  private final ModelCache models;
  private final CheckSum states = new CheckSum(); // as they are stored
  private final CheckSum current = new CheckSum(); // models as they are
  private final PositionTracker position;
  private final PositionTracker labels; // tracked where there is a topic of labels
  private final LabelOrder order;
  private final PartitionNotes notes;
  private long lacking = Long.MAX_VALUE; // offset from which an earlier version's states may
  private boolean known; // all names
  private volatile boolean behind; // stored states, of the models
  private volatile Lag lag = Lag.NONE;
  private volatile Lag labelsLag = Lag.NONE;
  private volatile boolean urgent; // that nothing stays behind
  private volatile long imagesStart; // as far as it is known

  /**
   * A store over a logged store of bytes.
   *
   * @param memory of models beyond it, those that were not used for longest leave memory until they
   *     are next needed
   * @param clock in nanoseconds, as {@link System#nanoTime}
   */
  WeightsStore(
      KeyValueStore<Bytes, byte[]> inner,
      HeapShare memory,
      int maxChunkBytes,
      RecoveryTarget target,
      LongSupplier clock) {
    this.inner = inner;
    stored = new StoredStates(inner);
    models = new ModelCache(memory, maxChunkBytes, target, clock);
    position = new PositionTracker(inner, PartitionRecords.POSITION);
    labels = new PositionTracker(inner, PartitionRecords.LABELS_POSITION);
    order = new LabelOrder(inner);
    notes = new PartitionNotes(inner);
  }

  /**
   * A model, live: it may be changed in place, and {@link #put} says that it was.
   *
   * @return null if the store has none of this name
   * @throws UnreadableStateException if what the store has is not this model
   */
  public @Nullable ModelEntry get(String name) {
    ModelEntry model = models.get(name);
    if (model == null) {
      RecoveredModel read = stored.get(name);
      if (read == null) {
        return null;
      }
      model = read.model();
      models.add(name, read);
      count(name, read);
    }
    return model;
  }

  private void count(String name, RecoveredModel read) {
    ModelEntry model = read.model();
    if (!read.batches().isEmpty()) {
      lacking = Math.min(lacking, model.lineage().offset() + 1);
    }
    states.set(name, Checks.state(name, model));
    current.set(name, Checks.model(name, model));
  }

  /**
   * Reads all stored models, one after the other, and keeps none of them in memory.
   *
   * @param visitor takes each with its name, as it is stored
   * @throws UnreadableStateException if what the store has is not models
   */
  public void forEach(BiConsumer<String, ModelEntry> visitor) {
    stored.forEach(
        (name, model) -> {
          if (!current.has(name)) {
            count(name, model);
          }
          visitor.accept(name, model.model());
        });
    known = true;
  }

  /**
   * Takes a new model, or one that {@link #get} gave, after it has learned from the batch that its
   * lineage names.
   */
  public void put(String name, ModelEntry model) {
    put(name, model, new Moment(model.lineage().offset(), 0));
  }

  /**
   * Takes a new model, or one that {@link #get} gave, after it has learned.
   *
   * @param from where the input has what it learned, with all that comes later
   */
  public void put(String name, ModelEntry model, Moment from) {
    if (get(name) == null) {
      models.add(name, RecoveredModel.first(model));
    }
    models.set(name, model, from);
    current.set(name, Checks.model(name, model));
    if (!behind) {
      behind = true;
      lag = new Lag(from.pixels(), Math.max(from.images(), model.lineage().offset() + 1));
    }
  }

  /** So many nanoseconds were spent learning; it decides when states are written. */
  public void spent(long nanos) {
    models.spent(nanos);
  }

  /** A number over all stored states that were got since the store was initialized. */
  public long states() {
    return states.value();
  }

  /** A number over all models, as they are, that were got or put since then. */
  public long models() {
    return current.value();
  }

  /**
   * The offset from which on states may lack batches, of those that were got, because an earlier
   * version kept these beside them; {@link Long#MAX_VALUE} if none may.
   */
  public long lacking() {
    return lacking;
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

  /** The position in the labels topic that was written last; null if none was. */
  public @Nullable Position labelsPosition() {
    return labels.stored();
  }

  /** When labels were processed that stored states may lack, in their order. */
  public List<LabelsTaken> labelOrder() {
    return order.stored();
  }

  /**
   * From now on each {@link #write} also writes the position in the labels topic, and when labels
   * were processed that states lack.
   */
  public void trackLabels(Position from) {
    labels.begin(from, false);
    order.begin();
  }

  /**
   * The offset of the first record that stored states lack, where the images of earlier ones are
   * needed as well; 0 where none are, and the position says it all. What came before may have been
   * learned with other settings, or been left out.
   */
  public long learnFrom() {
    return notes.learnFrom();
  }

  /** The settings that the models have learned with up to the position; null if not known. */
  public @Nullable String settings() {
    return notes.storedSettings();
  }

  /** Models learn with these settings from now on: the next {@link #write} stores them. */
  public void changeSettings(String settings) {
    notes.settings(settings);
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

  /** The same, of the labels topic. */
  public boolean advanceLabels(long offset) {
    return labels.advance(offset);
  }

  /** The moment after the last record that was processed, on the stream thread. */
  public Moment moment() {
    return new Moment(position.offset(), labels.offset());
  }

  /** Labels are processed. */
  public void take(LabelsTaken taken) {
    order.take(taken);
  }

  /** Whether a record was processed since positions are tracked. */
  public boolean hasAdvanced() {
    return position.hasAdvanced() || labels.hasAdvanced();
  }

  /**
   * The first input offset that was passed over since this was last asked: of a marker, of a record
   * that its producer took back, or of one that was deleted; -1 if none was. Any thread may ask.
   */
  public long takeGap() {
    return position.takeGap();
  }

  /** As {@link #takeGap}, of the labels topic. */
  public long takeLabelsGap() {
    return labels.takeGap();
  }

  /** What was adopted, as it was given to {@link #adopt}, oldest first. */
  List<byte[]> adoptions() {
    return notes.adoptions();
  }

  /** Forgets when labels were processed: no state lacks any. */
  void clearLabelOrder() {
    order.clear();
  }

  /** Keeps the message of what was adopted. */
  void adopt(byte[] message) {
    notes.adopt(message);
  }

  /** The names of all models: of those that are stored, and those that will be. */
  public SortedSet<String> names() {
    if (!known) {
      forEach((name, model) -> {});
    }
    return current.names();
  }

  /** The names of the models that stored states are behind. */
  public List<String> namesBehind() {
    return models.namesBehind();
  }

  /**
   * How far stored states are behind the models.
   *
   * @param from offset of the first record that a state lacks
   * @param to offset after the last record that was processed
   */
  public record Lag(long from, long to) {
    static final Lag NONE = new Lag(0, 0);
  }

  /** How far stored states were behind at the last commit. Any thread may ask. */
  public Lag lag() {
    return lag;
  }

  /** The same in the labels topic. */
  public Lag labelsLag() {
    return labelsLag;
  }

  /** Whether stored states are behind the models. Any thread may ask. */
  public boolean isBehind() {
    return behind;
  }

  /** Has the next {@link #write} write all that is behind. Any thread may ask for it. */
  public void hurry() {
    urgent = true;
  }

  /** The images topic begins at this offset. Any thread may say so. */
  public void imagesStart(long offset) {
    imagesStart = offset;
  }

  /** The offset at which the images topic begins, or began some time ago. */
  public long imagesStart() {
    return imagesStart;
  }

  /**
   * What states lacked has been learned again. The time that it took is none in which commits have
   * failed to write states: the next ones write as much as others, and not all at once.
   */
  public void learnedAgain() {
    models.begin();
  }

  /**
   * Writes the position, and states that are behind, to the bytes and so to the changelog; to be
   * called before each commit. Where no position is tracked, or the settings are new, or there is a
   * hurry, nothing may stay behind.
   */
  public void write(Occasion occasion) {
    models.write(
        inner,
        position.isTracked() && !notes.hasNewSettings() && !urgent ? occasion : Occasion.ALL,
        states,
        change -> position.announce(needed().pixels(), states.value() + change, current.value()));
    if (position.isTracked()) {
      notes.write();
    }
    Moment needed = needed();
    position.write(needed.pixels(), states.value(), current.value());
    if (labels.isTracked()) {
      notes.learnFrom(needed);
      order.write(needed.labels());
      labels.write(needed.labels(), 0, 0);
    }
    behind = models.behindFrom() != null;
    lag = new Lag(needed.pixels(), position.offset());
    labelsLag = new Lag(needed.labels(), labels.offset());
    urgent = false;
  }

  /** From where on the input has what stored states lack. */
  private Moment needed() {
    Moment behind = models.behindFrom();
    return behind == null ? moment() : behind;
  }

  /** Forgets the live models: the bytes have changed under them, or may. */
  public void forget() {
    models.clear();
    states.clear();
    current.clear();
    position.reset();
    labels.reset();
    order.reset();
    notes.reset();
    lacking = Long.MAX_VALUE;
    known = false;
    behind = false;
    lag = Lag.NONE;
    labelsLag = Lag.NONE;
    urgent = false;
    imagesStart = 0;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    forget();
    swapTo(context.stateDir().toPath());
    inner.init(context, root);
  }

  /** From now on models can leave memory, to a file in this directory. */
  void swapTo(Path directory) {
    models.open(directory);
  }

  @Override
  public void commit(Map<TopicPartition, Long> changelogOffsets) {
    inner.commit(changelogOffsets);
  }

  @Override
  public void close() {
    forget();
    models.close();
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
