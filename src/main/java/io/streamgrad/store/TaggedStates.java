package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.TaggedState;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The states of models that are kept under tags, each in one of its model's places. None is in
 * memory: commands are rare. Not thread-safe.
 */
public final class TaggedStates {
  /** So many states of a model a person may keep. */
  public static final int MOST_TAGS = 16;

  /**
   * So many states of a model are kept by themselves as what was before a command, and so many for
   * other models to begin with.
   */
  public static final int MOST_KEPT = 4;

  private static final int PLACES = MOST_TAGS + 2 * MOST_KEPT;

  private final PendingEdits bytes;
  private final int maxChunkBytes;

  TaggedStates(PendingEdits bytes, int maxChunkBytes) {
    this.bytes = bytes;
    this.maxChunkBytes = maxChunkBytes;
  }

  /** The tags of a model, with the beginnings of their states, by place. */
  private Map<Integer, TaggedState> places(String model) {
    Map<Integer, TaggedState> places = new TreeMap<>();
    for (int place = 0; place < PLACES; place++) {
      byte[] first = bytes.get(key(model, place, 0));
      if (first != null) {
        places.put(place, TaggedState.decode(ChangelogLayout.content(first)));
      }
    }
    return places;
  }

  /**
   * The tags of a model, oldest first.
   *
   * @param automatic those of states that were kept by themselves, or the others
   */
  public List<String> tags(String model, boolean automatic) {
    return places(model).values().stream()
        .filter(each -> each.automatic() == automatic)
        .sorted(Comparator.comparingLong(TaggedState::command))
        .map(TaggedState::tag)
        .toList();
  }

  /** What is kept under a tag; null if nothing is. */
  public @Nullable TaggedState get(String model, String tag) {
    for (Map.Entry<Integer, TaggedState> each : places(model).entrySet()) {
      if (each.getValue().tag().equals(tag)) {
        return TaggedState.decode(whole(model, each.getKey()));
      }
    }
    return null;
  }

  private byte[] whole(String model, int place) {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    int pieces = ChangelogLayout.pieces(first(model, place));
    for (int piece = 0; piece < pieces; piece++) {
      byte[] value = Objects.requireNonNull(bytes.get(key(model, place, piece)), model);
      whole.writeBytes(ChangelogLayout.content(value));
    }
    return whole.toByteArray();
  }

  private byte[] first(String model, int place) {
    return Objects.requireNonNull(bytes.get(key(model, place, 0)), model);
  }

  /**
   * Keeps a state under a tag that is not in use. Of those that were kept by themselves the oldest
   * makes room.
   */
  public void put(String model, TaggedState kept) {
    Map<Integer, TaggedState> places = places(model);
    List<Integer> automatic =
        places.entrySet().stream()
            .filter(each -> each.getValue().automatic())
            .filter(each -> each.getValue().isFork() == kept.isFork())
            .sorted(Comparator.comparingLong(each -> each.getValue().command()))
            .map(Map.Entry::getKey)
            .toList();
    if (kept.automatic() && automatic.size() >= MOST_KEPT) {
      remove(model, automatic.get(0));
      places.remove(automatic.get(0));
    }
    int free = 0;
    while (places.containsKey(free)) {
      free++;
    }
    write(model, free, kept);
  }

  private void write(String model, int place, TaggedState kept) {
    byte[] encoded = kept.encode();
    for (int piece = 0; piece < ChangelogLayout.pieces(encoded.length, maxChunkBytes); piece++) {
      bytes.put(
          key(model, place, piece),
          ChangelogLayout.value(kept.command(), encoded, piece, maxChunkBytes));
    }
  }

  /**
   * The next command of a model has an offset that there may have been before: what is kept stays
   * older than what will be, and its tags stay apart from those that will be given.
   */
  void setBack(String model, long next) {
    Map<Integer, TaggedState> places = places(model);
    List<Map.Entry<Integer, TaggedState>> oldestFirst = new ArrayList<>(places.entrySet());
    oldestFirst.sort(Comparator.comparingLong(each -> each.getValue().command()));
    List<String> tags = new ArrayList<>(places.values().stream().map(TaggedState::tag).toList());
    for (int i = 0; i < oldestFirst.size(); i++) {
      int place = oldestFirst.get(i).getKey();
      TaggedState kept = TaggedState.decode(whole(model, place));
      String tag = kept.tag();
      boolean mayCome = kept.automatic() && !kept.isFork() && tag.indexOf('.') < 0;
      for (int n = 1; mayCome && (tag.equals(kept.tag()) || tags.contains(tag)); n++) {
        tag = "%s.%d".formatted(kept.tag(), n);
      }
      tags.add(tag);
      remove(model, place);
      long command = next - oldestFirst.size() + i;
      write(model, place, new TaggedState(tag, kept.automatic(), command, kept.state()));
    }
  }

  private void remove(String model, int place) {
    int pieces = ChangelogLayout.pieces(first(model, place));
    for (int piece = 0; piece < pieces; piece++) {
      bytes.delete(key(model, place, piece));
    }
  }

  /** Removes all of a model. */
  void removeAll(String model) {
    places(model).keySet().forEach(place -> remove(model, place));
  }

  private static Bytes key(String model, int place, int piece) {
    return Bytes.wrap(ChangelogLayout.tag(model, place, piece).bytes());
  }
}
