package io.streamgrad.streams.adopt;

import io.streamgrad.format.Position;
import io.streamgrad.learner.Learner;
import io.streamgrad.store.ChangelogEdit;
import io.streamgrad.streams.input.InputCheck;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.Mismatch;
import io.streamgrad.streams.input.StoredLineage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a stopped service: what was found, and where its models may go on.
 *
 * @param edit the store as the changelog has it
 */
record PartitionAdoption(
    ChangelogEdit edit, StoredLineage stored, LogState log, @Nullable Mismatch mismatch) {

  static PartitionAdoption of(
      ChangelogEdit edit, Function<String, Learner> learners, LogState log, InputCheck check) {
    StoredLineage stored = StoredLineage.of(edit.store(), learners);
    return new PartitionAdoption(edit, stored, log, check.mismatch(stored, log));
  }

  /**
   * The offset to go on at where the weights count: where they are. Where there are none, the log's
   * beginning.
   *
   * @return null if they are not within this log
   */
  @Nullable Long atWeights() {
    Position position = stored.position();
    boolean elsewhere =
        position != null && (!position.topicId().equals(log.topicId()) || !stored.isOfPosition());
    long offset = position == null && stored.models() == 0 ? log.start() : stored.complete();
    return elsewhere || offset < log.start() || offset > log.end() ? null : offset;
  }

  /** Whether going on at the weights' place leaves the models as they are. */
  boolean isExact() {
    return stored.position() != null || stored.models() > 0;
  }

  /**
   * Whether the weights do not follow from the log before an offset where they go on: they do if
   * batches are left out, and nothing else.
   */
  boolean isNewBeginning(long offset) {
    return mismatch == null
        || mismatch.kind() != Mismatch.Kind.SKIPPED
        || offset < stored.complete();
  }

  /** One line for a person. */
  String description() {
    return mismatch == null
        ? "%s: nothing is wrong, weights and group are at offset %d"
            .formatted(log.name(), log.next())
        : log.name() + ": " + mismatch;
  }
}
