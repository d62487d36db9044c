package io.streamgrad.streams.input;

import io.streamgrad.format.Position;

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

  /** The position of models that are here. */
  public Position position(long offset, long check) {
    return new Position(topic, topicId, partition, partitions, offset, check);
  }

  /** As Kafka writes a partition. */
  public String name() {
    return topic + "-" + partition;
  }
}
