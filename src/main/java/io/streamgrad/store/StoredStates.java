package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.Piece;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.recovery.RecoveredModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/** The models in a store of bytes, as they are stored. Keeps none. */
record StoredStates(KeyValueStore<Bytes, byte[]> bytes) {
  /**
   * A model.
   *
   * @return null if there is none of this name
   * @throws UnreadableStateException if what there is is not a model
   */
  @Nullable RecoveredModel get(String name) {
    List<Piece> pieces = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> each =
        bytes.range(
            Bytes.wrap(ChangelogLayout.first(name).bytes()),
            Bytes.wrap(ChangelogLayout.last(name).bytes()))) {
      each.forEachRemaining(record -> pieces.add(piece(record)));
    }
    return RecoveredModel.of(name, pieces);
  }

  /**
   * All models, one after the other.
   *
   * @param visitor takes each with its name
   * @throws UnreadableStateException if what there is is not models
   */
  void forEach(BiConsumer<String, RecoveredModel> visitor) {
    String name = "";
    List<Piece> pieces = new ArrayList<>(); // of this model: they lie side by side
    try (KeyValueIterator<Bytes, byte[]> all = bytes.all()) {
      while (all.hasNext()) {
        Piece piece = piece(all.next());
        if (ChangelogLayout.isModel(piece.key())
            && ChangelogLayout.slot(piece.key()) <= ChangelogLayout.BATCHES) {
          String next = ChangelogLayout.model(piece.key());
          if (!next.equals(name)) {
            visit(name, pieces, visitor);
            pieces.clear();
            name = next;
          }
          pieces.add(piece);
        }
      }
    }
    visit(name, pieces, visitor);
  }

  /** The names of models that were deleted, whether or not they have begun again. */
  Set<String> deleted() {
    Set<String> names = new TreeSet<>();
    try (KeyValueIterator<Bytes, byte[]> all = bytes.all()) {
      while (all.hasNext()) {
        Key key = Key.of(all.next().key.get());
        if (ChangelogLayout.isModel(key) && ChangelogLayout.slot(key) == ChangelogLayout.DELETED) {
          names.add(ChangelogLayout.model(key));
        }
      }
    }
    return names;
  }

  private static void visit(
      String name, List<Piece> pieces, BiConsumer<String, RecoveredModel> visitor) {
    RecoveredModel stored = RecoveredModel.of(name, pieces);
    if (stored != null) {
      visitor.accept(name, stored);
    }
  }

  private static Piece piece(KeyValue<Bytes, byte[]> record) {
    return new Piece(Key.of(record.key.get()), record.value);
  }
}
