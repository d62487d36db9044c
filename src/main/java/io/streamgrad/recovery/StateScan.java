package io.streamgrad.recovery;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.ComparisonLayout;
import io.streamgrad.format.changelog.Generation;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Piece;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.ModelEntry;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The newest whole state of each model of a changelog partition, made out while the records pass by
 * in their order: in memory are the pieces of states that are not whole yet, and what was made of
 * each model's last whole one. Not thread-safe.
 *
 * @param <T> what is made of a state
 */
public final class StateScan<T> {
  private final Predicate<String> wanted;
  private final BiFunction<String, ModelEntry, T> view;
  private final Map<String, Passing> models = new TreeMap<>();
  private final Map<Key, String> tags = new HashMap<>();
  private byte @Nullable [] position;
  private byte @Nullable [] comparison;

  /** Begins, with what is made of the states of models with wanted names. */
  public StateScan(Predicate<String> wanted, BiFunction<String, ModelEntry, T> view) {
    this.wanted = wanted;
    this.view = view;
  }

  /**
   * Takes the next record.
   *
   * @throws UnreadableStateException if it is not the store's, or makes a state whole that can't be
   *     read
   */
  public void put(byte[] key, byte @Nullable [] value) {
    String name = ChangelogView.model(key);
    if (name != null && ChangelogLayout.slot(Key.of(key)) <= ChangelogLayout.BATCHES) {
      models.computeIfAbsent(name, Passing::new).put(Key.of(key), value);
    } else if (name != null && wanted.test(name)) {
      putOther(Key.of(key), value);
    } else if (name == null && Key.of(key).equals(PartitionRecords.POSITION)) {
      position = value;
    }
  }

  private void putOther(Key key, byte @Nullable [] value) {
    if (ChangelogLayout.isTag(key)) {
      if (value == null) {
        tags.remove(key);
      } else {
        tags.put(key, TaggedState.decode(ChangelogLayout.content(value)).tag());
      }
    } else if (ChangelogLayout.slot(key) == ChangelogLayout.COMPARISON) {
      comparison = value;
    }
  }

  /** How a wanted model, if one is, compares with its leader; null if it was not compared. */
  public @Nullable Comparison comparison() {
    return comparison == null ? null : ComparisonLayout.decode(comparison);
  }

  /** The tags of what is kept of wanted models. */
  public Collection<String> tags() {
    return new TreeSet<>(tags.values());
  }

  /** The names of all models that have records, wanted or not. */
  public Set<String> names() {
    Set<String> names = new TreeSet<>();
    models.forEach(
        (name, model) -> {
          if (!model.generations.isEmpty()) {
            names.add(name);
          }
        });
    return names;
  }

  /** What was made of the wanted models that are there as a whole, by name. */
  public Map<String, T> states() {
    Map<String, T> states = new TreeMap<>();
    models.forEach(
        (name, model) -> {
          if (model.newest != null && model.isWhole(model.newest)) {
            states.put(name, model.newest.made);
          }
        });
    return states;
  }

  /** The position of the models; null if none was written. */
  public @Nullable Position position() {
    return position == null ? null : Position.decode(position);
  }

  /** What was made of a whole state. */
  private record Made<V>(long generation, int pieces, V made) {}

  /** The pieces of one model. */
  private final class Passing {
    private final String name;
    private final Map<Key, Long> generations = new HashMap<>(); // of the pieces that are there
    private final NavigableMap<Long, NavigableMap<Key, byte[]>> underWay = new TreeMap<>();
    private @Nullable Made<T> newest;

    Passing(String name) {
      this.name = name;
    }

    void put(Key key, byte @Nullable [] value) {
      Long before = generations.remove(key);
      NavigableMap<Key, byte[]> ofBefore = before == null ? null : underWay.get(before);
      if (ofBefore != null) {
        ofBefore.remove(key);
      }
      if (generations.isEmpty()) { // it may have been deleted: then generations begin again
        newest = null;
        underWay.clear();
      }
      if (value == null || ChangelogLayout.slot(key) == ChangelogLayout.BATCHES) {
        return;
      }
      long generation = ChangelogLayout.generation(value);
      generations.put(key, generation);
      if (wanted.test(name) && (newest == null || generation > newest.generation)) {
        NavigableMap<Key, byte[]> pieces =
            underWay.computeIfAbsent(generation, g -> new TreeMap<>());
        pieces.put(key, value);
        look(generation, pieces);
      }
    }

    private void look(long generation, NavigableMap<Key, byte[]> pieces) {
      Generation state = new Generation(generation);
      pieces.forEach((key, value) -> state.add(new Piece(key, value)));
      if (!state.isWhole()) {
        return;
      }
      try {
        T made = view.apply(name, ModelCodec.decode(state.bytes()));
        newest = new Made<>(generation, pieces.size(), made);
      } catch (UnreadableStateException e) {
        throw new UnreadableStateException("model \"%s\": %s".formatted(name, e.getMessage()));
      }
      underWay.headMap(generation, true).clear();
    }

    private boolean isWhole(Made<T> state) {
      return generations.values().stream().filter(g -> g == state.generation).count()
          == state.pieces;
    }
  }
}
