package io.streamgrad.store;

import io.streamgrad.learner.Learner;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * A model as its pieces say: the newest whole state, and the batches after it learned again.
 *
 * @param generation of the model, and so the number of the last batch in it
 * @param stateGeneration of the state
 * @param slot of the state
 * @param journaled whether the state is one that batches may follow
 * @param entries all that is there of the journal, by generation
 */
record Restored(
    StoredModel model,
    long generation,
    long stateGeneration,
    byte slot,
    boolean journaled,
    NavigableMap<Long, Chunks.Generation> entries) {

  /** A model of which the store has nothing. */
  static Restored first(StoredModel model) {
    return new Restored(model, 0, 0, (byte) 0, false, Collections.emptyNavigableMap());
  }

  /**
   * Reads a model.
   *
   * <p>Under at-least-once a crash may cut off what was being written. What is left of a state is
   * not taken while pieces are missing, and the state before it is still there. What is left of a
   * batch, or of several, is at the end of the journal, and the journal ends before it: the offsets
   * of these batches are not committed, they will come again.
   *
   * @param pieces of this model only, in the order of their keys
   * @param learner the one of this model; asked for only if there is something to learn again
   * @return null if there is no whole state
   * @throws UnreadableStateException if they are not a model's, if batches are missing in the
   *     middle, or if something else comes of one than before
   */
  static @Nullable Restored of(
      String name, Iterable<KeyValue<Bytes, byte[]>> pieces, Supplier<Learner> learner) {
    NavigableMap<Long, Chunks.Generation> states = new TreeMap<>();
    NavigableMap<Long, Chunks.Generation> entries = new TreeMap<>();
    for (KeyValue<Bytes, byte[]> piece : pieces) {
      (Chunks.slot(piece.key) == Chunks.JOURNAL ? entries : states)
          .computeIfAbsent(Chunks.generation(piece.value), Chunks.Generation::new)
          .add(piece);
    }
    Chunks.Generation state =
        states.descendingMap().values().stream()
            .filter(Chunks.Generation::isWhole)
            .findFirst()
            .orElse(null);
    if (state == null) {
      requireNoneWhole(name, entries);
      return null;
    }
    byte[] bytes = state.bytes();
    StoredModel model = ModelCodec.decode(bytes);
    boolean journaled = ModelCodec.mayBeFollowed(bytes);
    long generation = state.number();
    Relearning relearning = null;
    for (Chunks.Generation next; (next = whole(entries, generation + 1)) != null; generation++) {
      if (relearning == null) {
        relearning = new Relearning(name, learner.get());
        relearning.check(model.state());
      }
      model = relearning.learn(model.state(), JournalEntry.decode(next.bytes()));
    }
    requireNoneWhole(name, entries.tailMap(generation, false));
    byte slot = Chunks.slot(state.keys().get(0));
    return new Restored(model, generation, state.number(), slot, journaled, entries);
  }

  private static Chunks.@Nullable Generation whole(
      NavigableMap<Long, Chunks.Generation> entries, long number) {
    Chunks.Generation entry = entries.get(number);
    return entry != null && entry.isWhole() ? entry : null;
  }

  /** What was cut off by a crash is at the end. A whole batch behind a gap is something else. */
  private static void requireNoneWhole(String name, NavigableMap<Long, Chunks.Generation> entries) {
    for (Chunks.Generation entry : entries.values()) {
      if (entry.isWhole()) {
        throw new UnreadableStateException(
            "the journal of model \"%s\" is corrupt: batch %d of it is there, and the one before it is missing"
                .formatted(name, entry.number()));
      }
    }
  }
}
