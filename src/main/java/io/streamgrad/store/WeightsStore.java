package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.Checks;
import io.streamgrad.format.changelog.DeletedModel;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Moment;
import io.streamgrad.recovery.RecoveredModel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
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
  private final PendingEdits edits;
  private final TaggedStates tagged;
  private final ImportedPieces imported;
  private final Comparisons comparisons;
  private final Set<String> deleted = new HashSet<>(); // since the last write
  private final Set<String> everNamed = ConcurrentHashMap.newKeySet(); // models, deleted ones too
  private final StoredStates stored;
  private final ModelCache models;
  private final CheckSum states = new CheckSum(); // as they are stored
  private final CheckSum current = new CheckSum(); // models as they are
  private final InputPlace input;
  private long lacking = Long.MAX_VALUE; // offset from which an earlier version's states may
  private volatile boolean known; // all names
  private volatile boolean behind; // stored states, of the models
  private volatile Lag lag = Lag.NONE;
  private volatile Lag labelsLag = Lag.NONE;
  private volatile boolean urgent; // that nothing stays behind

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
    edits = new PendingEdits(inner);
    tagged = new TaggedStates(edits, maxChunkBytes);
    imported = new ImportedPieces(edits);
    comparisons = new Comparisons(edits);
    stored = new StoredStates(inner);
    models = new ModelCache(memory, maxChunkBytes, target, clock);
    input = new InputPlace(inner);
  }

  /**
   * A model, live: it may be changed in place, and {@link #put} says that it was.
   *
   * @return null if the store has none of this name
   * @throws UnreadableStateException if what the store has is not this model
   */
  public @Nullable ModelEntry get(String name) {
    ModelEntry model = models.get(name);
    if (model == null && !deleted.contains(name)) {
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
          if (!current.has(name) && !deleted.contains(name)) {
            count(name, model);
          }
          everNamed.add(name);
          visitor.accept(name, model.model());
        });
    everNamed.addAll(stored.deleted());
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
      everNamed.add(name);
    }
    models.set(name, model, from);
    current.set(name, Checks.model(name, model));
    if (!behind) {
      behind = true;
      lag = new Lag(from.pixels(), Math.max(from.images(), model.lineage().offset() + 1));
    }
  }

  /**
   * Takes a model as something has left it that no restore comes to again: a command, or what
   * another model knew. All of it is written with the next {@link #write}.
   *
   * @param from the moment of that
   */
  public void putWhole(String name, ModelEntry model, Moment from) {
    put(name, model, from);
    models.settle(name);
  }

  /** Deletes a model, with all that is kept under its tags. */
  public void delete(String name, DeletedModel left) {
    models.remove(name);
    current.remove(name);
    deleted.add(name);
    edits.delete(
        Bytes.wrap(ChangelogLayout.first(name).bytes()),
        Bytes.wrap(ChangelogLayout.last(name).bytes()));
    tagged.removeAll(name);
    imported.remove(name);
    comparisons.remove(name);
    keepDeleted(name, left);
  }

  /**
   * Keeps what is left of a model that was deleted, or of a name that no model has had yet: it has
   * its place among all names from now on.
   */
  public void keepDeleted(String name, DeletedModel left) {
    edits.put(Bytes.wrap(ChangelogLayout.deleted(name).bytes()), left.encode());
    everNamed.add(name);
  }

  /** What is left of a model that was deleted; null if none of this name was. */
  public @Nullable DeletedModel deleted(String name) {
    byte[] left = edits.get(Bytes.wrap(ChangelogLayout.deleted(name).bytes()));
    return left == null ? null : DeletedModel.decode(left);
  }

  /**
   * The next command of a model has an offset that there may have been before: the topic is another
   * one, or has lost its end. What has come of an import is forgotten: the rest of it won't.
   */
  void setBackCommands(String name, long next) {
    tagged.setBack(name, next);
    imported.remove(name);
  }

  /** States of models that are kept under tags. */
  public TaggedStates tagged() {
    return tagged;
  }

  /** States that are being imported to models, piece by piece. */
  public ImportedPieces imported() {
    return imported;
  }

  /** How followers compare with their leaders. */
  public Comparisons comparisons() {
    return comparisons;
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

  /** Where the models stand in their input. */
  public InputPlace input() {
    return input;
  }

  /** The names of all models: of those that are stored, and those that will be. */
  public SortedSet<String> names() {
    if (!known) {
      forEach((name, model) -> {});
    }
    return current.names();
  }

  /**
   * The names of all models, and of those that were deleted: none of these is a new name. Once the
   * models were gone through, another thread may ask while one learns.
   */
  public SortedSet<String> namesEver() {
    return new TreeSet<>(takenNames());
  }

  /**
   * The same as it is at any time, to be added to by who lets a new name in. Any thread may, once
   * the models were gone through.
   */
  public Set<String> takenNames() {
    if (!known) {
      forEach((name, model) -> {});
    }
    return everNamed;
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
    /** They are not behind. */
    public static final Lag NONE = new Lag(0, 0);
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
    comparisons.write();
    edits.write();
    deleted.forEach(states::remove);
    deleted.clear();
    models.write(
        inner,
        input.allowsBehind() && !urgent ? occasion : Occasion.ALL,
        states,
        change -> input.announce(needed(), states.value() + change, current.value()));
    Moment needed = needed();
    input.write(needed, states.value(), current.value());
    behind = models.behindFrom() != null;
    lag = new Lag(needed.pixels(), input.moment().images());
    labelsLag = new Lag(needed.labels(), input.moment().labels());
    urgent = false;
  }

  /**
   * How many bytes the next commit writes of snapshots and of states that are imported, about. Any
   * thread may ask.
   */
  public long edited() {
    return edits.bytes();
  }

  /** From where on the input has what stored states lack. */
  private Moment needed() {
    Moment behind = models.behindFrom();
    return behind == null ? input.moment() : behind;
  }

  /** Forgets the live models: the bytes have changed under them, or may. */
  public void forget() {
    models.clear();
    edits.clear();
    comparisons.clear();
    deleted.clear();
    everNamed.clear();
    states.clear();
    current.clear();
    input.reset();
    lacking = Long.MAX_VALUE;
    known = false;
    behind = false;
    lag = Lag.NONE;
    labelsLag = Lag.NONE;
    urgent = false;
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
