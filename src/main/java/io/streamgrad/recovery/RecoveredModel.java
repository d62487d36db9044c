package io.streamgrad.recovery;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.Generation;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.Piece;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.ModelEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A model as its pieces say: its newest whole state. What it has learned since is in the input.
 *
 * @param generation the highest of all its pieces, also of a state that is not whole
 * @param slot of the state
 * @param batches keys of batches that an earlier version has kept: they came after the state, and
 *     are in the input as well
 */
public record RecoveredModel(ModelEntry model, long generation, byte slot, List<Key> batches) {
  /** A model of which the store has nothing. */
  public static RecoveredModel first(ModelEntry model) {
    return new RecoveredModel(model, 0, (byte) 1, List.of());
  }

  /**
   * Reads a model. A state of which pieces are missing was on its way; the one before it is there.
   *
   * @param pieces of this model only, in the order of their keys
   * @return null if there is no whole state
   * @throws UnreadableStateException if they are not a model's
   */
  public static @Nullable RecoveredModel of(String name, Iterable<Piece> pieces) {
    NavigableMap<Long, Generation> states = new TreeMap<>();
    List<Key> batches = new ArrayList<>();
    long newest = 0;
    for (Piece piece : pieces) {
      long generation = ChangelogLayout.generation(piece.value());
      newest = Math.max(newest, generation);
      if (ChangelogLayout.slot(piece.key()) == ChangelogLayout.BATCHES) {
        batches.add(piece.key());
      } else {
        states.computeIfAbsent(generation, Generation::new).add(piece);
      }
    }
    for (Generation state : states.descendingMap().values()) {
      if (state.isWhole()) {
        byte slot = ChangelogLayout.slot(state.keys().get(0));
        return new RecoveredModel(ModelCodec.decode(state.bytes()), newest, slot, batches);
      }
    }
    if (!batches.isEmpty()) {
      throw new UnreadableStateException(
          "what is stored of model \"%s\" is corrupt: batches and no state".formatted(name));
    }
    return null;
  }
}
