package io.streamgrad.streams.input;

/**
 * Weights and input that do not belong together.
 *
 * @param found what there is
 * @param consequence what it would mean to go on: "to go on would" and this
 * @param wayOut what to do, with the exact command
 */
public record Mismatch(Kind kind, String found, String consequence, String wayOut) {

  /** What does not belong together. */
  public enum Kind {
    /** The weights are beyond the offset that the group would go on at. */
    LEARNED_TWICE,
    /** The group would go on beyond the weights. */
    SKIPPED,
    /** The group has come some way, and there are no weights. */
    WEIGHTS_MISSING,
    /** The weights are not those that the position was written for. */
    OTHER_WEIGHTS,
    /** Records were deleted before they were learned. */
    RECORDS_DELETED,
    /** The log ends before what was learned. */
    LOG_CUT,
    /** The weights are of another images topic. */
    OTHER_TOPIC,
    /** The weights are of a topic of the same name that was deleted. */
    TOPIC_MADE_ANEW,
    /** The images topic has another number of partitions. */
    PARTITIONS_CHANGED,
    /** Another service has the same application-id. */
    SHARED_APPLICATION
  }

  @Override
  public String toString() {
    return "%s; to go on would %s. %s".formatted(found, consequence, wayOut);
  }
}
