package io.streamgrad.store;

import io.streamgrad.format.changelog.EarlierSettings;
import io.streamgrad.format.changelog.Following;
import io.streamgrad.format.changelog.Key;
import io.streamgrad.format.changelog.PartitionRecords;
import io.streamgrad.format.changelog.Position;
import io.streamgrad.model.Moment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * What is stored beside models and positions: the settings that models have learned with, which of
 * them followed others, what was adopted, and from where on states lack records. Not thread-safe.
 */
final class PartitionNotes {
  private final KeyValueStore<Bytes, byte[]> store;
  private @Nullable String settings; // to be written; null: they are
  private @Nullable EarlierSettings earlier; // to be written with them
  private @Nullable List<Following> followers; // the same

  PartitionNotes(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
  }

  void reset() {
    settings = null;
    earlier = null;
    followers = null;
  }

  /**
   * Models learn with these settings from the next position on.
   *
   * @param before those that they have learned with up to there; null if there were no models
   */
  void settings(String text, @Nullable EarlierSettings before) {
    boolean changed = !text.equals(storedSettings());
    settings = changed ? text : null;
    earlier = changed ? before : null;
  }

  /** Those that models have learned with up to the stored position; null if it is not known. */
  @Nullable String storedSettings() {
    byte[] value = store.get(Bytes.wrap(PartitionRecords.SETTINGS.bytes()));
    return value == null
        ? null
        : new String(PartitionRecords.content(value, "settings"), StandardCharsets.UTF_8);
  }

  /** These have followed others, or do. */
  void followers(List<Following> all) {
    followers = all.equals(storedFollowers()) ? null : all;
  }

  /** Those that have followed others, or do, as far as it is stored. */
  List<Following> storedFollowers() {
    byte[] value = store.get(Bytes.wrap(PartitionRecords.FOLLOWERS.bytes()));
    return value == null ? List.of() : Following.decode(value);
  }

  /** Whether states must not stay behind: what they lack was learned with other settings. */
  boolean hasNewSettings() {
    return settings != null && storedSettings() != null;
  }

  /** Before the position is written. */
  void write() {
    String changed = settings;
    if (changed != null) {
      store.put(
          Bytes.wrap(PartitionRecords.SETTINGS.bytes()),
          PartitionRecords.record(changed.getBytes(StandardCharsets.UTF_8)));
      settings = null;
    }
    EarlierSettings before = earlier;
    if (before != null) {
      put(earlierSettings().size(), before);
      earlier = null;
    }
    List<Following> others = followers;
    if (others != null) {
      store.put(Bytes.wrap(PartitionRecords.FOLLOWERS.bytes()), Following.encode(others));
      followers = null;
    }
  }

  private void put(int number, EarlierSettings before) {
    store.put(Bytes.wrap(PartitionRecords.earlierSettings(number).bytes()), before.encode());
  }

  /** Settings that others took the place of, oldest first. */
  List<EarlierSettings> earlierSettings() {
    return values(PartitionRecords.FIRST_EARLIER, PartitionRecords.LAST_EARLIER).stream()
        .map(EarlierSettings::decode)
        .toList();
  }

  /** From which offset on states lack records, where the images of earlier ones are needed too. */
  void learnFrom(Moment needed) {
    long from = needed.pixels() < needed.images() ? needed.images() : 0;
    if (from == learnFrom()) {
      return;
    }
    Bytes key = Bytes.wrap(PartitionRecords.LEARN_FROM.bytes());
    if (from == 0) {
      store.delete(key);
    } else {
      byte[] content = ByteBuffer.allocate(Long.BYTES).putLong(from).array();
      store.put(key, PartitionRecords.record(content));
    }
  }

  /** The offset that was written by {@link #learnFrom(Moment)}; 0 if none was. */
  long learnFrom() {
    byte[] value = store.get(Bytes.wrap(PartitionRecords.LEARN_FROM.bytes()));
    return value == null
        ? 0
        : ByteBuffer.wrap(PartitionRecords.content(value, "offset to learn from")).getLong();
  }

  /** What was adopted, as it was given to {@link #adopt}, oldest first. */
  List<byte[]> adoptions() {
    return values(PartitionRecords.FIRST_ADOPTION, PartitionRecords.LAST_ADOPTION).stream()
        .map(value -> PartitionRecords.content(value, "adoption"))
        .toList();
  }

  private List<byte[]> values(Key first, Key last) {
    List<byte[]> values = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> each =
        store.range(Bytes.wrap(first.bytes()), Bytes.wrap(last.bytes()))) {
      each.forEachRemaining(record -> values.add(record.value));
    }
    return values;
  }

  /** Goes on at a place in the input: what has begun from there on did not by earlier settings. */
  void adopt(byte[] message, Position to) {
    store.put(
        Bytes.wrap(PartitionRecords.adoption(adoptions().size()).bytes()),
        PartitionRecords.record(message));
    List<EarlierSettings> all = earlierSettings();
    for (int number = 0; number < all.size(); number++) {
      EarlierSettings each = all.get(number);
      if (each.topicId().equals(to.topicId()) && each.until() > to.offset()) {
        put(number, new EarlierSettings(each.topicId(), to.offset(), each.text()));
      }
    }
  }
}
