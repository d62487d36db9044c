package io.streamgrad.verify;

import io.streamgrad.model.Lineage;
import io.streamgrad.v1.Applied;
import org.apache.kafka.common.TopicPartition;

/**
 * What can be judged of a partition of the labels topic. Models can be learned again from a
 * snapshot on that has all labels before it.
 *
 * @param start offset of the first record that can be
 * @param committed offset up to which the service had processed all
 * @param appliedFrom before which images record the first labels took effect of which the applied
 *     topic still says so; 0 if no record was deleted from it
 * @param commandsStart offset of the first command that can be
 * @param commandsCommitted offset up to which the service had processed all commands
 */
record LabelsRange(
    long start, long committed, long appliedFrom, long commandsStart, long commandsCommitted) {
  /** Of an input of images alone. */
  static final LabelsRange NONE = new LabelsRange(0, 0, 0, 0, 0);

  /** Whether some labels can't be learned again. */
  boolean isCut() {
    return start > 0 || appliedFrom > 0 || commandsStart > 0;
  }

  /**
   * Whether a snapshot surely has all labels that can't be learned again.
   *
   * @param imagesOffset of the last batch in it
   * @param lineage of it
   */
  boolean isWholeAfter(long imagesOffset, Lineage lineage) {
    return lineage.labels() >= start - 1
        && lineage.commands() >= commandsStart - 1
        && (appliedFrom == 0 || imagesOffset >= appliedFrom);
  }

  /**
   * A model does without labels that are deleted, if they had no effect on it.
   *
   * @throws VerificationException if they had
   */
  void requireNoEffect(TopicPartition partition, Applied found) {
    if (found.getOutcome() == Applied.Outcome.LEARNED
        || found.getOutcome() == Applied.Outcome.HELD) {
      throw new VerificationException(
          "%s begins at offset %d, and model \"%s\" has learned labels of offset %d since what it can be begun with; snapshots.every-updates makes the service publish snapshots"
              .formatted(partition, start, found.getModel(), found.getLabels().getOffset()));
    }
  }
}
