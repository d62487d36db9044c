package io.streamgrad.recovery;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.ComparisonLayout;
import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.format.changelog.Following;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Piece;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.Comparison;
import io.streamgrad.model.ModelEntry;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The models that the records of one changelog partition add up to. Not thread-safe. */
public final class ChangelogView {
  private final NavigableMap<Key, byte[]> pieces = new TreeMap<>();

  /** Takes the next record. */
  public void put(byte[] key, byte @Nullable [] value) {
    if (value == null) {
      pieces.remove(Key.of(key));
    } else {
      pieces.put(Key.of(key), value);
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
    Key bytes = Key.of(key);
    if (!ChangelogLayout.isModel(bytes) && key[0] == 0) {
      return null;
    }
    String name = ChangelogLayout.model(bytes);
    boolean ofPiece =
        name.chars().noneMatch(Character::isISOControl)
            && ChangelogLayout.slot(bytes) >= 0
            && ChangelogLayout.slot(bytes) <= ChangelogLayout.COMPARISON
            && ChangelogLayout.index(bytes) >= 0
            && ChangelogLayout.key(name, ChangelogLayout.slot(bytes), ChangelogLayout.index(bytes))
                .equals(bytes);
    if (name.isEmpty() || !ofPiece) {
      throw new UnreadableStateException(
          "the changelog has a key that is no model's: " + HexFormat.of().formatHex(key));
    }
    return name;
  }

  /** The names of the models. */
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    pieces.keySet().stream()
        .filter(ChangelogLayout::isModel)
        .filter(key -> ChangelogLayout.slot(key) <= ChangelogLayout.BATCHES)
        .map(ChangelogLayout::model)
        .forEach(names::add);
    return names;
  }

  /** What was adopted, oldest first: the bytes of the messages. */
  public List<byte[]> adoptions() {
    return pieces
        .subMap(PartitionRecords.FIRST_ADOPTION, true, PartitionRecords.LAST_ADOPTION, true)
        .values()
        .stream()
        .map(value -> PartitionRecords.content(value, "adoption"))
        .toList();
  }

  /** Settings that others took the place of, oldest first. */
  public List<EarlierSettings> earlierSettings() {
    return pieces
        .subMap(PartitionRecords.FIRST_EARLIER, true, PartitionRecords.LAST_EARLIER, true)
        .values()
        .stream()
        .map(EarlierSettings::decode)
        .toList();
  }

  /** Which models followed others, and where. */
  public List<Following> followers() {
    byte[] value = pieces.get(PartitionRecords.FOLLOWERS);
    return value == null ? List.of() : Following.decode(value);
  }

  /** How a follower compares with its leader; null if it was compared on no image. */
  public @Nullable Comparison comparison(String follower) {
    byte[] value = pieces.get(ChangelogLayout.comparison(follower));
    return value == null ? null : ComparisonLayout.decode(value);
  }

  /** The same of all followers, by name, also of those whose states are not stored yet. */
  public SortedMap<String, Comparison> comparisons() {
    SortedMap<String, Comparison> all = new TreeMap<>();
    pieces.forEach(
        (key, value) -> {
          if (ChangelogLayout.isModel(key)
              && ChangelogLayout.slot(key) == ChangelogLayout.COMPARISON) {
            all.put(ChangelogLayout.model(key), ComparisonLayout.decode(value));
          }
        });
    return all;
  }

  /** The position of the models; null if none was written. */
  public @Nullable Position position() {
    byte[] value = pieces.get(PartitionRecords.POSITION);
    return value == null ? null : Position.decode(value);
  }

  /** The position of the models in the labels topic; null if none was written. */
  public @Nullable Position labelsPosition() {
    byte[] value = pieces.get(PartitionRecords.LABELS_POSITION);
    return value == null ? null : Position.decode(value);
  }

  /** The position of the models in the commands topic; null if none was written. */
  public @Nullable Position commandsPosition() {
    byte[] value = pieces.get(PartitionRecords.COMMANDS_POSITION);
    return value == null ? null : Position.decode(value);
  }

  /**
   * What is kept of a model under a tag.
   *
   * @return null if nothing is
   * @throws UnreadableStateException if its records are not such
   */
  public @Nullable TaggedState tagged(String model, String tag) {
    Map<Integer, ByteArrayOutputStream> places = new TreeMap<>();
    pieces
        .subMap(
            ChangelogLayout.tag(model, 0, 0),
            true,
            ChangelogLayout.key(model, ChangelogLayout.TAGS, Integer.MAX_VALUE),
            true)
        .forEach(
            (key, value) ->
                places
                    .computeIfAbsent(
                        ChangelogLayout.place(key), place -> new ByteArrayOutputStream())
                    .writeBytes(ChangelogLayout.content(value)));
    return places.values().stream()
        .map(bytes -> TaggedState.decode(bytes.toByteArray()))
        .filter(kept -> kept.tag().equals(tag))
        .findFirst()
        .orElse(null);
  }

  /** All records that were not deleted, by their keys. */
  public NavigableMap<Key, byte[]> records() {
    return pieces;
  }

  /**
   * A model as it was last stored, which may be some time before the {@link #position}.
   *
   * @return null if there is none
   * @throws UnreadableStateException if its records are not a model's
   */
  public @Nullable ModelEntry get(String name) {
    List<Piece> ofModel = new ArrayList<>();
    pieces
        .subMap(ChangelogLayout.first(name), true, ChangelogLayout.last(name), true)
        .forEach((key, value) -> ofModel.add(new Piece(key, value)));
    RecoveredModel recovered = RecoveredModel.of(name, ofModel);
    return recovered == null ? null : recovered.model();
  }
}
