package io.streamgrad.streams.adopt;

import io.streamgrad.format.changelog.Position;
import io.streamgrad.store.ChangelogEdit;
import io.streamgrad.streams.input.InputCheck;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.Mismatch;
import io.streamgrad.streams.input.StoredLineage;
import io.streamgrad.streams.learn.InputReplay;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One partition of a stopped service: what was found, and where its models may go on.
 *
 * @param edit the store as the changelog has it
 * @param labels the same of labels; null where they come with the images only
 * @param commands the same of commands; null where there are none
 */
record PartitionAdoption(
    ChangelogEdit edit,
    StoredLineage stored,
    LogState log,
    @Nullable Mismatch mismatch,
    @Nullable OtherAdoption labels,
    @Nullable OtherAdoption commands) {

  static PartitionAdoption of(
      ChangelogEdit edit,
      LogState log,
      InputCheck check,
      @Nullable OtherAdoption labels,
      @Nullable OtherAdoption commands) {
    StoredLineage stored = StoredLineage.of(edit.store());
    return new PartitionAdoption(edit, stored, log, check.mismatch(stored, log), labels, commands);
  }

  /** Whether weights and input do not belong together. */
  boolean isWrong() {
    return mismatch != null || isWrong(labels) || isWrong(commands);
  }

  private static boolean isWrong(@Nullable OtherAdoption other) {
    return other != null && other.mismatch() != null;
  }

  /**
   * The offset to go on at where the weights count: where they are. Where there are none, the log's
   * beginning.
   *
   * @return null if they are not within this log
   */
  @Nullable Long atWeights() {
    Position position = stored.position();
    long offset = position == null && stored.models() == 0 ? log.start() : stored.complete();
    return isElsewhere() || offset < log.start() || offset > log.end() || !hasWhatIsLacking()
        ? null
        : offset;
  }

  /** Whether the weights are of another log, or not those of their position. */
  private boolean isElsewhere() {
    Position position = stored.position();
    return position != null
        && (!position.topicId().equals(log.topicId()) || !stored.isOfPosition());
  }

  private boolean hasWhatIsLacking() {
    return stored.replayFrom() >= Math.min(log.start(), stored.complete());
  }

  /**
   * What the stored states lack of the weights' place, and can be learned again from the logs;
   * empty if they lack nothing, or it is gone with one of the logs. It may be of labels alone.
   */
  Optional<InputReplay.Range> lacking() {
    long end = stored.complete();
    boolean there =
        !isElsewhere()
            && hasWhatIsLacking()
            && end <= log.end()
            && (labels == null || labels.hasWhatIsLacking());
    long from = Math.max(stored.replayFrom(), edit.store().input().learnFrom());
    InputReplay.Range range = new InputReplay.Range(log.partition(), from, end);
    boolean any = !range.isEmpty() || (labels != null && labels.isLacking());
    return there && any ? Optional.of(range) : Optional.empty();
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
        || isWrong(labels)
        || isWrong(commands)
        || mismatch.kind() != Mismatch.Kind.SKIPPED
        || offset < stored.complete();
  }

  /** One line for a person. */
  String description() {
    String images =
        mismatch == null
            ? "%s: nothing is wrong, weights and group are at offset %d"
                .formatted(log.name(), log.next())
            : log.name() + ": " + mismatch;
    return images + description(labels) + description(commands);
  }

  private static String description(@Nullable OtherAdoption other) {
    return other == null || other.mismatch() == null
        ? ""
        : "\n" + other.log().name() + ": " + other.mismatch();
  }
}
