package io.streamgrad.store;

import io.streamgrad.format.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.recovery.RecoveredModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * The models of a store that are in memory, and which of them are behind. Used by one thread at a
 * time.
 */
final class ModelCache {
  /** Of models, to find some that can be dropped: with each batch, so not of all. */
  private static final int LOOKED_AT = 32;

  private final LiveBytes memory;
  private final int maxChunkBytes;
  private final RecoveryTarget target;
  private final LongSupplier clock;
  private final ReusableBuffer ofOnePiece = new ReusableBuffer();
  private final ReusableBuffer ofSeveral = new ReusableBuffer();
  private final Map<String, LiveModel> live = new LinkedHashMap<>(16, 0.75f, true);
  private final NavigableSet<LiveModel> behind =
      new TreeSet<>(Comparator.comparingLong(LiveModel::behindFrom).thenComparing(LiveModel::name));
  private long bytesBehind;
  private long lastWrite; // of the clock

  /** A state, or a part of it, that is to be written. */
  private record Planned(LiveModel model, long bytes) {
    boolean isWhole() {
      return bytes >= model.bytesLeft();
    }
  }

  /**
   * None yet.
   *
   * @param memory where there is too little of it, models are dropped, the least recently used
   *     first, and states are written before their time, since what is behind can't be dropped
   * @param clock in nanoseconds, as {@link System#nanoTime}; decides when a state is written, not
   *     what is read back
   */
  ModelCache(LiveBytes memory, int maxChunkBytes, RecoveryTarget target, LongSupplier clock) {
    this.memory = memory;
    this.maxChunkBytes = maxChunkBytes;
    this.target = target;
    this.clock = clock;
    lastWrite = clock.getAsLong();
  }

  @Nullable ModelEntry get(String name) {
    LiveModel model = live.get(name);
    return model == null ? null : model.model();
  }

  /** Takes a model that was read from the store, or that is new. */
  void add(String name, RecoveredModel model) {
    drop(); // before: it is about to be used
    LiveModel added = new LiveModel(name, model, maxChunkBytes);
    live.put(name, added);
    memory.add(added.bytes());
  }

  /** Takes a model that was added, after it has learned, or with another lineage. */
  void set(String name, ModelEntry after) {
    LiveModel model = Objects.requireNonNull(live.get(name));
    boolean wasBehind = model.isBehind();
    model.set(after, clock);
    if (!wasBehind) {
      behind.add(model);
      bytesBehind += model.bytes();
    }
  }

  /** The states that are to be written, with the next {@link #write} of the same occasion. */
  private List<Planned> plan(Occasion occasion, long now) {
    List<Planned> plan = new ArrayList<>();
    long left =
        occasion == Occasion.COMMIT ? target.bytes(bytesBehind, now - lastWrite) : occasion.bytes();
    long excess = memory.excess(live.size());
    for (LiveModel model : behind) {
      boolean due = occasion != Occasion.COMMIT || target.isDue(model.behind(now));
      boolean crowded = excess > 0;
      if (!crowded && (left <= 0 || !(model.isOnItsWay() || due))) {
        break;
      }
      long bytes = model.bytesLeft();
      excess -= bytes;
      plan.add(new Planned(model, crowded ? bytes : Math.min(bytes, left)));
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
      ReusableBuffer encoding =
          ModelCodec.size(model.model()) <= maxChunkBytes ? ofOnePiece : ofSeveral;
      if (model.write(store, next.bytes(), encoding)) {
        states.set(model.name(), term);
      }
      if (model.isBehind()) {
        behind.add(model);
      } else {
        bytesBehind -= model.bytes();
      }
    }
    lastWrite = now;
    drop();
  }

  private void drop() {
    Iterator<LiveModel> eldest = live.values().iterator();
    for (int i = 0; i < LOOKED_AT && memory.excess(live.size()) > 0 && eldest.hasNext(); i++) {
      LiveModel model = eldest.next();
      if (!model.isBehind()) {
        eldest.remove();
        memory.add(-model.bytes());
      }
    }
  }

  /** The offset of the first batch that a stored state lacks; empty if none does. */
  OptionalLong behindFrom() {
    return behind.isEmpty() ? OptionalLong.empty() : OptionalLong.of(behind.first().behindFrom());
  }

  /** Those whose states are behind, or that have none. */
  Stream<String> namesBehind() {
    return behind.stream().map(LiveModel::name);
  }

  /** Forgets all models. */
  void clear() {
    live.values().forEach(model -> memory.add(-model.bytes()));
    live.clear();
    behind.clear();
    bytesBehind = 0;
  }
}
