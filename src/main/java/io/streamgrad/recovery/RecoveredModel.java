package io.streamgrad.recovery;

import io.streamgrad.format.ChangelogLayout;
import io.streamgrad.format.Generation;
import io.streamgrad.format.JournalEntry;
import io.streamgrad.format.ModelCodec;
import io.streamgrad.format.Piece;
import io.streamgrad.format.UnreadableStateException;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.ModelEntry;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Supplier;
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
public record RecoveredModel(
    ModelEntry model,
    long generation,
    long stateGeneration,
    byte slot,
    boolean journaled,
    NavigableMap<Long, Generation> entries) {

  /** A model of which the store has nothing. */
  public static RecoveredModel first(ModelEntry model) {
    return new RecoveredModel(model, 0, 0, (byte) 0, false, Collections.emptyNavigableMap());
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
  public static @Nullable RecoveredModel of(
      String name, Iterable<Piece> pieces, Supplier<Learner> learner) {
    NavigableMap<Long, Generation> states = new TreeMap<>();
    NavigableMap<Long, Generation> entries = new TreeMap<>();
    for (Piece piece : pieces) {
      (ChangelogLayout.slot(piece.key()) == ChangelogLayout.JOURNAL ? entries : states)
          .computeIfAbsent(ChangelogLayout.generation(piece.value()), Generation::new)
          .add(piece);
    }
    Generation state =
        states.descendingMap().values().stream()
            .filter(Generation::isWhole)
            .findFirst()
            .orElse(null);
    if (state == null) {
      requireNoneWhole(name, entries);
      return null;
    }
    byte[] bytes = state.bytes();
    ModelEntry model = ModelCodec.decode(bytes);
    boolean journaled = ModelCodec.mayBeFollowed(bytes);
    long generation = state.number();
    Generation next = whole(entries, generation + 1);
    if (next != null) {
      JournalReplay replay = new JournalReplay(name, learner.get());
      replay.check(model.state());
      while (next != null) {
        model = replay.learn(model.state(), JournalEntry.decode(next.bytes()));
        generation = next.number();
        next = whole(entries, generation + 1);
      }
    }
    requireNoneWhole(name, entries.tailMap(generation, false));
    byte slot = ChangelogLayout.slot(state.keys().get(0));
    return new RecoveredModel(model, generation, state.number(), slot, journaled, entries);
  }

  private static @Nullable Generation whole(NavigableMap<Long, Generation> entries, long number) {
    Generation entry = entries.get(number);
    return entry != null && entry.isWhole() ? entry : null;
  }

  /** What was cut off by a crash is at the end. A whole batch behind a gap is something else. */
  private static void requireNoneWhole(String name, NavigableMap<Long, Generation> entries) {
    for (Generation entry : entries.values()) {
      if (entry.isWhole()) {
        throw new UnreadableStateException(
            "the journal of model \"%s\" is corrupt: batch %d of it is there, and the one before it is missing"
                .formatted(name, entry.number()));
      }
    }
  }
}
