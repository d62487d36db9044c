package io.streamgrad.streams.input;

import io.streamgrad.format.changelog.Position;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.store.WeightsStore;
import java.util.LongSummaryStatistics;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How far the stored models of a partition have come.
 *
 * @param position as it was written after them; null before the version that writes it
 * @param announced as it was written before them; null if it never was
 * @param models how many there are
 * @param least all states have what is theirs before this offset, whatever was written when
 * @param most no state has a batch of this offset or a later one
 * @param lacking the offset from which on states of an earlier version may lack batches; {@link
 *     Long#MAX_VALUE} if none does
 * @param states the number over the states as they are
 */
public record StoredLineage(
    @Nullable Position position,
    @Nullable Position announced,
    int models,
    long least,
    long most,
    long lacking,
    long states) {

  /**
   * How far the models of a store have come, which are read for it.
   *
   * @param visitor takes each with its name
   */
  public static StoredLineage of(WeightsStore store, BiConsumer<String, ModelEntry> visitor) {
    LongSummaryStatistics next = new LongSummaryStatistics();
    store.forEach(
        (name, model) -> {
          next.accept(model.lineage().offset() + 1);
          visitor.accept(name, model);
        });
    int models = (int) next.getCount();
    return new StoredLineage(
        store.input().position(),
        store.input().announcedPosition(),
        models,
        models == 0 ? 0 : next.getMin(),
        Math.max(0, next.getMax()),
        store.lacking(),
        store.states());
  }

  /** That of models in another topic than the images', which is no more than a position. */
  public static StoredLineage of(Position position) {
    return new StoredLineage(
        position, null, 0, position.offset(), position.offset(), Long.MAX_VALUE, position.states());
  }

  /** The same, where nobody else needs the models. */
  public static StoredLineage of(WeightsStore store) {
    return of(store, (name, model) -> {});
  }

  /**
   * Whether the position that was written last is that of the states as they are. Of an earlier
   * version's that lack batches this is not known before these are learned.
   */
  public boolean isOfPosition() {
    return position != null && (position.states() == states || lacking != Long.MAX_VALUE);
  }

  /**
   * With what is learned again from {@link #replayFrom} on, the models lack nothing before this
   * offset. Exactly-once, that is the position. At-least-once, what was written last may have been
   * cut off, or was written by an instance that had lost the partition: where the states fit no
   * position, nothing is known but each state's own lineage.
   */
  public long complete() {
    if (position == null) {
      return most;
    }
    Position ofStates = positionOfStates();
    return ofStates == null ? replayFrom() : ofStates.offset();
  }

  /**
   * No model lacks a batch before this offset, of those that have a state and of those that do not.
   */
  public long replayFrom() {
    if (position == null) {
      return Math.min(most, lacking);
    }
    Position ofStates = positionOfStates();
    if (ofStates != null) {
      return Math.min(ofStates.replayFrom(), lacking);
    }
    long known = Math.min(least, position.replayFrom());
    return announced == null ? known : Math.min(known, announced.replayFrom());
  }

  private @Nullable Position positionOfStates() {
    if (isOfPosition()) {
      return position;
    }
    return announced != null && announced.states() == states ? announced : null;
  }
}
