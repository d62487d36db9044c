package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.ComparisonLayout;
import io.streamgrad.model.Comparison;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The comparisons of followers with their leaders. Each is written whole with every commit in which
 * it has changed: so a restore finds it where the position is, and compares nothing again. Not
 * thread-safe.
 */
public final class Comparisons {
  private final PendingEdits bytes;
  private final Map<String, Comparison> live = new HashMap<>(); // by follower
  private final Map<String, Comparison> changed = new HashMap<>(); // of these

  Comparisons(PendingEdits bytes) {
    this.bytes = bytes;
  }

  /**
   * How a follower compares with its leader: it may be changed in place, and {@link #put} says that
   * it was. Null if it was compared on no image.
   */
  public @Nullable Comparison get(String follower) {
    Comparison known = live.get(follower);
    byte[] stored = known == null ? bytes.get(key(follower)) : null;
    if (stored != null) {
      known = ComparisonLayout.decode(stored);
      live.put(follower, known);
    }
    return known;
  }

  /** Takes a new comparison, or one that {@link #get} gave, as it is after a record. */
  public void put(String follower, Comparison comparison) {
    live.put(follower, comparison);
    changed.put(follower, comparison);
  }

  /** Forgets how a follower compares with its leader. */
  void remove(String follower) {
    live.remove(follower);
    changed.remove(follower);
    bytes.delete(key(follower));
  }

  /** Before the edits are written. */
  void write() {
    changed.forEach(
        (name, comparison) -> bytes.put(key(name), ComparisonLayout.encode(comparison)));
    changed.clear();
  }

  void clear() {
    live.clear();
    changed.clear();
  }

  private static Bytes key(String follower) {
    return Bytes.wrap(ChangelogLayout.comparison(follower).bytes());
  }
}
