package io.streamgrad.streams.input;

import io.streamgrad.format.Position;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.store.WeightsStore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How far the stored models of a partition have come.
 *
 * @param position as it was written after them; null before the version that writes it
 * @param announced as it was written before them; null if it never was
 * @param models how many there are
 * @param least all models have learned what is theirs before this offset, whatever was written when
 * @param most no model has learned from a batch of this offset or a later one
 * @param check over the models as they are
 */
public record StoredLineage(
    @Nullable Position position,
    @Nullable Position announced,
    int models,
    long least,
    long most,
    long check) {

  /** How far the models of a store have come, which are read for it. */
  public static StoredLineage of(WeightsStore store, Function<String, Learner> learners) {
    int models = 0;
    long least = Long.MAX_VALUE;
    long most = 0;
    for (String name : store.names()) {
      ModelEntry model = store.get(name, () -> learners.apply(name));
      if (model != null) {
        long next = model.lineage().offset() + 1;
        models++;
        least = Math.min(least, next);
        most = Math.max(most, next);
      }
    }
    return new StoredLineage(
        store.position(),
        store.announcedPosition(),
        models,
        models == 0 ? 0 : least,
        most,
        store.check());
  }

  /** Whether the position that was written last is that of the models as they are. */
  public boolean isOfPosition() {
    return position != null && position.check() == check;
  }

  /**
   * The models lack nothing before this offset. Exactly-once, that is the position. At-least-once,
   * what was written last may have been cut off, or was written by an instance that had lost the
   * partition: where the check fits no position, nothing is known but each model's own lineage.
   */
  public long complete() {
    if (position == null) {
      return most;
    }
    if (isOfPosition()) {
      return position.offset();
    }
    return announced != null && announced.check() == check ? announced.offset() : least;
  }
}
