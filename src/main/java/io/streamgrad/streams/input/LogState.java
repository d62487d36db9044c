package io.streamgrad.streams.input;

import io.streamgrad.format.changelog.Position;
import io.streamgrad.learner.Learner;

/**
 * A partition of the images topic at one moment.
 *
 * @param partitions of the topic
 * @param start offset of the first record that is still there
 * @param end offset after the last record that is committed
 * @param committed the group's offset; {@link #NONE} if it has none
 */
public record LogState(
    String topic,
    String topicId,
    int partition,
    int partitions,
    long start,
    long end,
    long committed) {

  static final long NONE = -1;

  /** Where Kafka Streams begins: without an offset, at the log's start. */
  public long next() {
    return committed == NONE ? start : committed;
  }

  /** A place in this log, for a store to begin at, which adds its own numbers to it. */
  public Position position(long offset) {
    return new Position(
        topic, topicId, partition, partitions, offset, offset, 0, 0, Learner.MATHEMATICS);
  }

  /** As Kafka writes a partition. */
  public String name() {
    return topic + "-" + partition;
  }
}
