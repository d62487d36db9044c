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

  /** Takes the next record, if it is of a model. */
  public void put(byte[] key, byte @Nullable [] value) {
    if (isOfNoModel(key)) {
      return;
    }
    if (value == null) {
      pieces.remove(Bytes.wrap(key));
    } else {
      pieces.put(Bytes.wrap(key), value);
    }
  }

  /**
   * The model that a record is of.
   *
   * @return null if it is of none: no model's name begins with 0x00
   * @throws UnreadableStateException if the key is one that the store does not write
   */
  public static @Nullable String model(byte @Nullable [] key) {
    if (key == null) {
      throw new UnreadableStateException("there is no key");
    }
    if (isOfNoModel(key)) {
      return null;
    }
    Bytes bytes = Bytes.wrap(key);
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

  private static boolean isOfNoModel(byte[] key) {
    return key.length > 0 && key[0] == 0;
  }

  /** The names of the models. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    pieces.keySet().forEach(key -> names.add(Chunks.model(key)));
    return names;
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
