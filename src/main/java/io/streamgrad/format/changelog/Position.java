package io.streamgrad.format.changelog;

import io.streamgrad.format.state.UnreadableStateException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Where in the input the models of a partition are: written with each commit, after the states of
 * that commit. The states may be older: with the records from {@code replayFrom} to the offset,
 * learned again, they are those of the offset. It also says whether weights, group offsets and
 * topics belong together. Big-endian:
 *
 * <pre>
 *   offset  bytes  field
 *        0     20  header, {@link PartitionRecords}, with layout version 2
 *       20      4  partition
 *       24      4  partitions of the topic
 *       28      8  offset after the last record that was processed
 *       36      8  number over the states as they are stored
 *       44     16  id of the topic
 *       60      8  offset of the first record that a stored state lacks; the one above if none does
 *       68      8  number over the models as they are at the offset
 *       76      4  number of the mathematics that they have learned by
 *       80      2  N, length of the topic's name
 *       82      N  its name in UTF-8
 * </pre>
 *
 * <p>In layout version 1 the states are those of the offset: it lacks what is from 60 to 79.
 *
 * @param topic the images topic's name
 * @param topicId as Kafka writes it, 16 bytes in base64; another one where a topic of this name was
 *     created again
 * @param offset after the last record that was processed: a good one, a bad one, with or without
 *     labels
 * @param replayFrom no stored state lacks a record before it; the offset if they lack none
 * @param states over all states that are stored
 * @param models over all models at the offset; 0 in layout version 1
 * @param mathematics by which they have learned; {@link #UNKNOWN} in layout version 1
 */
public record Position(
    String topic,
    String topicId,
    int partition,
    int partitions,
    long offset,
    long replayFrom,
    long states,
    long models,
    int mathematics) {

  /** The mathematics of positions that do not tell. */
  public static final int UNKNOWN = 0;

  private static final short VERSION = 2;

  private static final int PARTITION_OFFSET = PartitionRecords.HEADER_BYTES;
  private static final int PARTITIONS_OFFSET = PARTITION_OFFSET + Integer.BYTES;
  private static final int OFFSET_OFFSET = PARTITIONS_OFFSET + Integer.BYTES;
  private static final int STATES_OFFSET = OFFSET_OFFSET + Long.BYTES;
  private static final int TOPIC_ID_OFFSET = STATES_OFFSET + Long.BYTES;
  private static final int REPLAY_FROM_OFFSET = TOPIC_ID_OFFSET + 2 * Long.BYTES;
  private static final int MODELS_OFFSET = REPLAY_FROM_OFFSET + Long.BYTES;
  private static final int MATHEMATICS_OFFSET = MODELS_OFFSET + Long.BYTES;
  private static final int NAME_LENGTH_OFFSET = MATHEMATICS_OFFSET + Integer.BYTES;
  private static final int NAME_LENGTH_OFFSET_1 = REPLAY_FROM_OFFSET; // in layout version 1

  /** Its bytes. */
  public byte[] encode() {
    byte[] name = topic.getBytes(StandardCharsets.UTF_8);
    int nameOffset = NAME_LENGTH_OFFSET + Short.BYTES;
    return PartitionRecords.withHeader(
            VERSION, nameOffset - PartitionRecords.HEADER_BYTES + name.length)
        .putInt(PARTITION_OFFSET, partition)
        .putInt(PARTITIONS_OFFSET, partitions)
        .putLong(OFFSET_OFFSET, offset)
        .putLong(STATES_OFFSET, states)
        .put(TOPIC_ID_OFFSET, Base64.getUrlDecoder().decode(topicId))
        .putLong(REPLAY_FROM_OFFSET, replayFrom)
        .putLong(MODELS_OFFSET, models)
        .putInt(MATHEMATICS_OFFSET, mathematics)
        .putShort(NAME_LENGTH_OFFSET, (short) name.length)
        .put(nameOffset, name)
        .array();
  }

  /**
   * The position of these bytes.
   *
   * @throws UnreadableStateException if they are of another layout, or no position at all
   */
  public static Position decode(byte[] value) {
    ByteBuffer in = PartitionRecords.checked(value, VERSION, "position");
    boolean first = PartitionRecords.version(in) == 1;
    int lengthOffset = first ? NAME_LENGTH_OFFSET_1 : NAME_LENGTH_OFFSET;
    int nameOffset = lengthOffset + Short.BYTES;
    if (value.length < nameOffset || value.length != nameOffset + in.getShort(lengthOffset)) {
      throw new UnreadableStateException(
          "the position in the changelog is corrupt: it has " + value.length + " bytes");
    }
    long offset = in.getLong(OFFSET_OFFSET);
    return new Position(
        new String(value, nameOffset, value.length - nameOffset, StandardCharsets.UTF_8),
        topicId(value),
        in.getInt(PARTITION_OFFSET),
        in.getInt(PARTITIONS_OFFSET),
        offset,
        first ? offset : in.getLong(REPLAY_FROM_OFFSET),
        in.getLong(STATES_OFFSET),
        first ? 0 : in.getLong(MODELS_OFFSET),
        first ? UNKNOWN : in.getInt(MATHEMATICS_OFFSET));
  }

  private static String topicId(byte[] value) {
    byte[] id = Arrays.copyOfRange(value, TOPIC_ID_OFFSET, TOPIC_ID_OFFSET + 2 * Long.BYTES);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(id);
  }
}
