package io.streamgrad.store;

import io.streamgrad.learner.Learner;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/** The models that the records of one changelog partition add up to. Not thread-safe. */
public final class ChangelogImage {
  private final NavigableMap<Bytes, byte[]> pieces = new TreeMap<>();

  /** Takes the next record. */
  public void put(byte[] key, byte @Nullable [] value) {
    if (value == null) {
      pieces.remove(Bytes.wrap(key));
    } else {
      pieces.put(Bytes.wrap(key), value);
    }
  }

  /**
   * The model that a record is of.
   *
   * @return null if it is of none, but of {@link PartitionRecords}
   * @throws UnreadableStateException if the key is one that the store does not write
   */
  public static @Nullable String model(byte @Nullable [] key) {
    if (key == null) {
      throw new UnreadableStateException("there is no key");
    }
    Bytes bytes = Bytes.wrap(key);
    if (!Chunks.isModel(bytes) && key[0] == 0) {
      return null;
    }
    String name = Chunks.model(bytes);
    boolean ofPiece =
        name.chars().noneMatch(Character::isISOControl)
            && Chunks.slot(bytes) >= 0
            && Chunks.slot(bytes) <= Chunks.JOURNAL
            && Chunks.index(bytes) >= 0
            && Chunks.key(name, Chunks.slot(bytes), Chunks.index(bytes)).equals(bytes);
    if (name.isEmpty() || !ofPiece) {
      throw new UnreadableStateException(
          "the changelog has a key that is no model's: " + HexFormat.of().formatHex(key));
    }
    return name;
  }

  /** The names of the models. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    pieces.keySet().stream().filter(Chunks::isModel).map(Chunks::model).forEach(names::add);
    return names;
  }

  /** What was adopted, oldest first: the bytes that {@link ChangelogEdit#adopt} was given. */
  public List<byte[]> adoptions() {
    return pieces
        .subMap(PartitionRecords.FIRST_ADOPTION, true, PartitionRecords.LAST_ADOPTION, true)
        .entrySet()
        .stream()
        .map(entry -> PositionTracker.content(KeyValue.pair(entry.getKey(), entry.getValue())))
        .toList();
  }

  /** The position of the models; null if none was written. */
  public @Nullable Position position() {
    byte[] value = pieces.get(PartitionRecords.POSITION);
    return value == null ? null : Position.decode(value);
  }

  /** All records that were not deleted, by their keys. */
  NavigableMap<Bytes, byte[]> records() {
    return pieces;
  }

  /**
   * A model, as its records say; what has to be learned again is.
   *
   * @param learner the one of this model
   * @return null if there is none
   * @throws UnreadableStateException if they are not a model's
   */
  public @Nullable StoredModel get(String name, Supplier<Learner> learner) {
    List<KeyValue<Bytes, byte[]>> chunks = new ArrayList<>();
    for (Map.Entry<Bytes, byte[]> piece :
        pieces.subMap(Chunks.first(name), true, Chunks.last(name), true).entrySet()) {
      chunks.add(KeyValue.pair(piece.getKey(), piece.getValue()));
    }
    Restored restored = Restored.of(name, chunks, learner);
    return restored == null ? null : restored.model();
  }
}
