package io.streamgrad.verify;

import io.streamgrad.format.changelog.TaggedState;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The states that models must be kept in under tags. Not thread-safe. */
final class TagsReplay {
  private static final int TAGS = 16; // of a model, by hand
  private static final int KEPT = 4; // what was before

  private final BiFunction<String, String, @Nullable TaggedState> stored;
  private final Map<String, List<TaggedState>> tags = new HashMap<>(); // by model, oldest first

  /**
   * None yet.
   *
   * @param stored what the service keeps of a model under a tag, for models that are begun with a
   *     snapshot; null if there is nothing
   */
  TagsReplay(BiFunction<String, String, @Nullable TaggedState> stored) {
    this.stored = stored;
  }

  /** Whether a model has room for one more by hand. */
  boolean haveRoom(String name) {
    return of(name).stream().filter(each -> !each.automatic()).count() < TAGS;
  }

  /** What is kept of a model under a tag; null if nothing is. */
  @Nullable TaggedState find(String name, ReplayedModel model, String tag) {
    for (TaggedState kept : of(name)) {
      if (kept.tag().equals(tag)) {
        return kept;
      }
    }
    TaggedState earlier =
        model.since() == ReplayedModel.NO_SNAPSHOT ? null : stored.apply(name, tag);
    return earlier != null && earlier.command() <= model.commands() ? earlier : null;
  }

  /** Keeps a model as it is. */
  void keep(String name, String tag, boolean automatic, ReplayedModel model, long offset) {
    List<TaggedState> all = of(name);
    boolean fork = tag.startsWith("fork-");
    List<TaggedState> kept =
        all.stream()
            .filter(each -> each.automatic() && each.tag().startsWith("fork-") == fork)
            .toList();
    if (automatic && kept.size() >= KEPT) {
      all.remove(kept.get(0));
    }
    ModelEntry entry = new ModelEntry(model.state().withoutPending(), Lineage.NONE);
    all.add(new TaggedState(tag, automatic, offset, ModelCodec.encode(entry)));
  }

  /** Nothing is kept of a model any more. */
  void remove(String name) {
    tags.remove(name);
  }

  private List<TaggedState> of(String name) {
    return tags.computeIfAbsent(name, n -> new ArrayList<>());
  }
}
