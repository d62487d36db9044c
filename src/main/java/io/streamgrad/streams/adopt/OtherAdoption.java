package io.streamgrad.streams.adopt;

import io.streamgrad.format.changelog.Position;
import io.streamgrad.streams.input.InputCheck;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.Mismatch;
import io.streamgrad.streams.input.StoredLineage;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the topic of labels or commands of a stopped service: what was found, and where
 * it may go on.
 *
 * @param position of the models in it; null if none was stored
 */
record OtherAdoption(@Nullable Position position, LogState log, @Nullable Mismatch mismatch) {

  static OtherAdoption of(@Nullable Position position, LogState log, InputCheck check) {
    return new OtherAdoption(
        position, log, position == null ? null : check.mismatch(StoredLineage.of(position), log));
  }

  /** Whether stored states lack labels of the weights' place. */
  boolean isLacking() {
    return position != null && position.replayFrom() < position.offset();
  }

  /** Whether this log has what they lack. */
  boolean hasWhatIsLacking() {
    return position == null
        || (position.topicId().equals(log.topicId())
            && position.replayFrom() >= log.start()
            && position.offset() <= log.end());
  }

  /**
   * The offset to go on at where the weights count.
   *
   * @return null if it is not within this log
   */
  @Nullable Long atWeights() {
    if (position == null) {
      return log.next();
    }
    boolean here =
        position.topicId().equals(log.topicId())
            && position.offset() >= log.start()
            && position.offset() <= log.end();
    return here ? position.offset() : null;
  }

  /** The offset to go on at where the group's counts. */
  long atOffset() {
    return InputCheck.within(log);
  }
}
