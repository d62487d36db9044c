package io.streamgrad.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.Uuid;

/**
 * Where in the input the models of a partition are: written with each commit, after them. It says
 * whether weights, group offsets and topics belong together. Big-endian:
 *
 * <pre>
 *   offset  bytes  field
 *        0     20  header, {@link PartitionRecords}
 *       20      4  partition
 *       24      4  partitions of the topic
 *       28      8  offset after the last record that was processed
 *       36      8  check, {@link CheckSum}
 *       44     16  id of the topic
 *       60      2  N, length of its name
 *       62      N  its name in UTF-8
 * </pre>
 *
 * @param topic the images topic's name
 * @param topicId another one where a topic of this name was made anew
 * @param offset after the last record that was processed: a good one, a bad one, with or without
 *     labels
 * @param check over all models
 */
public record Position(
    String topic, Uuid topicId, int partition, int partitions, long offset, long check) {

  private static final int PARTITION_OFFSET = PartitionRecords.HEADER_BYTES;
  private static final int PARTITIONS_OFFSET = PARTITION_OFFSET + Integer.BYTES;
  private static final int OFFSET_OFFSET = PARTITIONS_OFFSET + Integer.BYTES;
  private static final int CHECK_OFFSET = OFFSET_OFFSET + Long.BYTES;
  private static final int TOPIC_ID_OFFSET = CHECK_OFFSET + Long.BYTES;
  private static final int NAME_LENGTH_OFFSET = TOPIC_ID_OFFSET + 2 * Long.BYTES;
  private static final int NAME_OFFSET = NAME_LENGTH_OFFSET + Short.BYTES;

  /** The same partition, further on. */
  public Position at(long newOffset, long newCheck) {
    return new Position(topic, topicId, partition, partitions, newOffset, newCheck);
  }

  byte[] encode() {
    byte[] name = topic.getBytes(StandardCharsets.UTF_8);
    return PartitionRecords.withHeader(NAME_OFFSET - PartitionRecords.HEADER_BYTES + name.length)
        .putInt(PARTITION_OFFSET, partition)
        .putInt(PARTITIONS_OFFSET, partitions)
        .putLong(OFFSET_OFFSET, offset)
        .putLong(CHECK_OFFSET, check)
        .putLong(TOPIC_ID_OFFSET, topicId.getMostSignificantBits())
        .putLong(TOPIC_ID_OFFSET + Long.BYTES, topicId.getLeastSignificantBits())
        .putShort(NAME_LENGTH_OFFSET, (short) name.length)
        .put(NAME_OFFSET, name)
        .array();
  }

  /**
   * The position of these bytes.
   *
   * @throws UnreadableStateException if they are of another layout, or no position at all
   */
  static Position decode(byte[] value) {
    ByteBuffer in = PartitionRecords.checked(value, "position");
    if (value.length < NAME_OFFSET
        || value.length != NAME_OFFSET + in.getShort(NAME_LENGTH_OFFSET)) {
      throw new UnreadableStateException(
          "the position in the changelog is corrupt: it has " + value.length + " bytes");
    }
    return new Position(
        new String(value, NAME_OFFSET, value.length - NAME_OFFSET, StandardCharsets.UTF_8),
        new Uuid(in.getLong(TOPIC_ID_OFFSET), in.getLong(TOPIC_ID_OFFSET + Long.BYTES)),
        in.getInt(PARTITION_OFFSET),
        in.getInt(PARTITIONS_OFFSET),
        in.getLong(OFFSET_OFFSET),
        in.getLong(CHECK_OFFSET));
  }
}
