package io.streamgrad.store;

import io.streamgrad.format.Following;
import io.streamgrad.format.PartitionRecords;
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
  private @Nullable List<Following> followers; // the same

  PartitionNotes(KeyValueStore<Bytes, byte[]> store) {
    this.store = store;
  }

  void reset() {
    settings = null;
    followers = null;
  }

  /** Models learn with these settings from the next position on. */
  void settings(String text) {
    settings = text.equals(storedSettings()) ? null : text;
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
    List<Following> others = followers;
    if (others != null) {
      store.put(Bytes.wrap(PartitionRecords.FOLLOWERS.bytes()), Following.encode(others));
      followers = null;
    }
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
    List<byte[]> adoptions = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> each =
        store.range(
            Bytes.wrap(PartitionRecords.FIRST_ADOPTION.bytes()),
            Bytes.wrap(PartitionRecords.LAST_ADOPTION.bytes()))) {
      while (each.hasNext()) {
        adoptions.add(PartitionRecords.content(each.next().value, "adoption"));
      }
    }
    return adoptions;
  }

  void adopt(byte[] message) {
    store.put(
        Bytes.wrap(PartitionRecords.adoption(adoptions().size()).bytes()),
        PartitionRecords.record(message));
  }
}
