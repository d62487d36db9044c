package io.streamgrad.format;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

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
 *       36      8  check, the sum that the store keeps of them
 *       44     16  id of the topic
 *       60      2  N, length of its name
 *       62      N  its name in UTF-8
 * </pre>
 *
 * @param topic the images topic's name
 * @param topicId as Kafka writes it, 16 bytes in base64; another one where a topic of this name was
 *     created again
 * @param offset after the last record that was processed: a good one, a bad one, with or without
 *     labels
 * @param check over all models
 */
public record Position(
    String topic, String topicId, int partition, int partitions, long offset, long check) {

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

  /** Its bytes. */
  public byte[] encode() {
    byte[] name = topic.getBytes(StandardCharsets.UTF_8);
    return PartitionRecords.withHeader(NAME_OFFSET - PartitionRecords.HEADER_BYTES + name.length)
        .putInt(PARTITION_OFFSET, partition)
        .putInt(PARTITIONS_OFFSET, partitions)
        .putLong(OFFSET_OFFSET, offset)
        .putLong(CHECK_OFFSET, check)
        .put(TOPIC_ID_OFFSET, Base64.getUrlDecoder().decode(topicId))
        .putShort(NAME_LENGTH_OFFSET, (short) name.length)
        .put(NAME_OFFSET, name)
        .array();
  }

  /**
   * The position of these bytes.
   *
   * @throws UnreadableStateException if they are of another layout, or no position at all
   */
  public static Position decode(byte[] value) {
    ByteBuffer in = PartitionRecords.checked(value, "position");
    if (value.length < NAME_OFFSET
        || value.length != NAME_OFFSET + in.getShort(NAME_LENGTH_OFFSET)) {
      throw new UnreadableStateException(
          "the position in the changelog is corrupt: it has " + value.length + " bytes");
    }
    return new Position(
        new String(value, NAME_OFFSET, value.length - NAME_OFFSET, StandardCharsets.UTF_8),
        topicId(value),
        in.getInt(PARTITION_OFFSET),
        in.getInt(PARTITIONS_OFFSET),
        in.getLong(OFFSET_OFFSET),
        in.getLong(CHECK_OFFSET));
  }

  private static String topicId(byte[] value) {
    byte[] id = Arrays.copyOfRange(value, TOPIC_ID_OFFSET, NAME_LENGTH_OFFSET);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(id);
  }
}
