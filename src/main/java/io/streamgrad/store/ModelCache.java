package io.streamgrad.store;

import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Moment;
import io.streamgrad.recovery.RecoveredModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The models of a store that are in memory, and those whose stored states are behind. Where memory
 * is short the least recently used leave it: they are forgotten if they are stored, and swapped out
 * if they are behind, which writes nothing to the changelog. Used by one thread at a time.
 */
final class ModelCache {
  private final HeapShare memory;
  private final int maxChunkBytes;
  private final RecoveryTarget target;
  private final LongSupplier clock;
  private final ReusableBuffer ofOnePiece = new ReusableBuffer();
  private final ReusableBuffer ofSeveral = new ReusableBuffer();
  private final Blocks file = new Blocks(new HeapShare(0)); // memory is short where it is used
  private final Map<String, LiveModel> live = new LinkedHashMap<>(16, 0.75f, true); // in memory
  private final Map<String, LiveModel> swapped = new HashMap<>(); // until they are next used
  private final NavigableSet<LiveModel> behind =
      new TreeSet<>(
          Comparator.comparingLong((LiveModel model) -> model.behindFrom().images())
              .thenComparing(LiveModel::name));
  private final Set<LiveModel> unsettled = new LinkedHashSet<>(); // a command has changed them
  private long bytesBehind;
  private long lastWrite; // of the clock
  private long learning; // nanoseconds since then that were spent learning

  /** A state, or a part of it, that is to be written. */
  private record Planned(LiveModel model, long bytes) {
    boolean isWhole() {
      return bytes >= model.bytesLeft();
    }
  }

  /**
   * None yet.
   *
   * @param memory that models may take, of which the one in use is always in memory
   * @param clock in nanoseconds, as {@link System#nanoTime}; decides when a state is written, not
   *     what is read back
   */
  ModelCache(HeapShare memory, int maxChunkBytes, RecoveryTarget target, LongSupplier clock) {
    this.memory = memory;
    this.maxChunkBytes = maxChunkBytes;
    this.target = target;
    this.clock = clock;
    lastWrite = clock.getAsLong();
  }

  /** From now on models can be swapped out, to a file in this directory. */
  void open(Path directory) {
    file.open(directory);
  }

  /** Brings a model into memory if it is swapped out; null if there is none that is either. */
  @Nullable ModelEntry get(String name) {
    LiveModel model = live.get(name);
    if (model == null) {
      model = swapped.remove(name);
      if (model == null) {
        return null;
      }
      model.swapIn(file);
      use(model);
    }
    return model.model();
  }

  /** Takes a model that was read from the store, or that is new. */
  void add(String name, RecoveredModel model) {
    LiveModel added = new LiveModel(name, model, maxChunkBytes);
    use(added);
    if (!isOfOnePiece(added)) {
      ofSeveral.reserve(added.bytes()); // now, and not in the commit that begins to write it
    }
  }

  private void use(LiveModel model) {
    live.put(model.name(), model);
    memory.add(model.memory());
    Iterator<LiveModel> eldest = live.values().iterator();
    while (memory.isExceeded() && live.size() > 1) {
      LiveModel unused = eldest.next();
      eldest.remove();
      memory.add(-unused.memory());
      if (unused.isBehind()) {
        unused.swapOut(file, isOfOnePiece(unused) ? ofOnePiece : new ReusableBuffer());
        swapped.put(unused.name(), unused);
      }
    }
  }

  /** Others wait for the end of a state that is of several pieces. */
  private boolean isOfOnePiece(LiveModel model) {
    return model.bytesLeft() <= maxChunkBytes && !model.isOnItsWay();
  }

  /**
   * Takes a model that was added, after it has learned, or with another lineage.
   *
   * @param from where the input has what it learned, with all that comes later
   */
  void set(String name, ModelEntry after, Moment from) {
    LiveModel model = Objects.requireNonNull(live.get(name));
    boolean wasBehind = model.isBehind();
    long before = model.bytes();
    long memoryBefore = model.memory();
    model.set(after, from, clock);
    if (!wasBehind) {
      behind.add(model);
    }
    memory.add(model.memory() - memoryBefore);
    bytesBehind += wasBehind ? model.bytes() - before : model.bytes();
  }

  /** The next {@link #write} writes a model that was set as a whole, whatever the occasion. */
  void settle(String name) {
    unsettled.add(Objects.requireNonNull(live.get(name)));
  }

  /** Forgets a model that is no more. */
  void remove(String name) {
    LiveModel model = live.remove(name);
    if (model != null) {
      memory.add(-model.memory());
    } else {
      model = swapped.remove(name);
    }
    if (model != null) {
      if (model.isBehind()) {
        behind.remove(model);
        bytesBehind -= model.bytes();
      }
      unsettled.remove(model);
      model.discard(file);
    }
  }

  /**
   * Writes the models that a command has changed: what a restore learns again then is images and
   * labels alone.
   */
  private void writeUnsettled(KeyValueStore<Bytes, byte[]> store, CheckSum states) {
    for (LiveModel model : unsettled) {
      behind.remove(model);
      bytesBehind -= model.bytes();
      while (model.isBehind()) { // twice, where an older state of several pieces is on its way
        long term = model.nextTerm();
        model.write(
            store, Long.MAX_VALUE, isOfOnePiece(model) ? ofOnePiece : new ReusableBuffer(), file);
        states.set(model.name(), term);
      }
    }
    unsettled.clear();
  }

  /** The states that are to be written, with the next {@link #write} of the same occasion. */
  private List<Planned> plan(Occasion occasion, long now) {
    List<Planned> plan = new ArrayList<>();
    long left =
        occasion == Occasion.COMMIT
            ? target.bytes(bytesBehind, now - lastWrite, learning)
            : occasion.bytes();
    for (LiveModel model : behind) {
      boolean due = occasion != Occasion.COMMIT || target.isDue(model.behind(now));
      if (left <= 0 || !(model.isOnItsWay() || due)) {
        break;
      }
      long bytes = model.bytesLeft();
      plan.add(new Planned(model, Math.min(bytes, left)));
      left -= bytes;
    }
    return plan;
  }

  /**
   * Writes states that are behind, the oldest first, so that some part of a single one at most
   * stays on its way.
   *
   * @param announcement takes, before anything is written, the change of the states' check number
   * @param states is that number
   */
  void write(
      KeyValueStore<Bytes, byte[]> store,
      Occasion occasion,
      CheckSum states,
      LongConsumer announcement) {
    long now = clock.getAsLong();
    writeUnsettled(store, states);
    List<Planned> plan = plan(occasion, now);
    announcement.accept(
        plan.stream()
            .filter(Planned::isWhole)
            .mapToLong(next -> states.change(next.model().name(), next.model().nextTerm()))
            .sum());
    for (Planned next : plan) {
      LiveModel model = next.model();
      long term = model.nextTerm();
      behind.remove(model);
      if (model.write(store, next.bytes(), isOfOnePiece(model) ? ofOnePiece : ofSeveral, file)) {
        states.set(model.name(), term);
      }
      if (model.isBehind()) {
        behind.add(model);
      } else {
        bytesBehind -= model.bytes();
      }
    }
    lastWrite = now;
    learning = 0;
  }

  /** Until now nothing could be written: the next {@link #write} has no time to make up for. */
  void begin() {
    lastWrite = clock.getAsLong();
    learning = 0;
  }

  /** So many nanoseconds were spent learning. */
  void spent(long nanos) {
    learning += nanos;
  }

  /** Where the input begins to have what stored states lack; null if none lacks anything. */
  @Nullable Moment behindFrom() {
    return behind.stream().map(LiveModel::behindFrom).reduce(Moment::least).orElse(null);
  }

  /** Those whose states are behind, or that have none. */
  List<String> namesBehind() {
    return behind.stream().map(LiveModel::name).toList();
  }

  /** Forgets all models. */
  void clear() {
    live.values().forEach(model -> memory.add(-model.memory()));
    live.clear();
    swapped.clear();
    file.clear();
    behind.clear();
    unsettled.clear();
    bytesBehind = 0;
  }

  /** No model can be swapped out until it is opened again. */
  void close() {
    file.close();
  }
}
