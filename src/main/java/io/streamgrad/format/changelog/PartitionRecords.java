package io.streamgrad.format.changelog;

import io.streamgrad.format.state.UnreadableStateException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The records of a changelog partition that belong to no model. Their keys are those of {@link
 * ChangelogLayout} with the empty name, which no model has:
 *
 * <pre>
 *   slot 0, index 0   the position, {@link Position}
 *   slot 1, index n   what was adopted, in the order in which it was (bytes of a message)
 *   slot 3, index 0   at-least-once: the position that the states being written lead to
 *   slot 4, index 0   the settings that models have learned with since the position before (text)
 *   slot 5, index 0   the position in the labels topic, {@link Position}
 *   slot 6, index n   when labels were processed that a state may lack, {@link LabelsTaken}
 *   slot 7, index 0   where the position's records to be read again begin with some that are not
 *                     learned again, for their images: 8 offset of the first that is
 *   slot 8, index 0   the position in the commands topic, {@link Position}
 *   slot 9, index n   settings that others took the place of, oldest first, {@link EarlierSettings}
 *   slot 10, index 0  which models followed others, and from where on, {@link Following}
 * </pre>
 *
 * <p>Each value begins with a header, big-endian as all of it:
 *
 * <pre>
 *   offset  bytes  field
 *        0      8  generation: 0
 *        8      4  pieces: 1
 *       12      4  "SGRD"
 *       16      2  -1; versions that know no position read a model's layout version here, and stop
 *       18      2  layout version of the record
 * </pre>
 */
public final class PartitionRecords {
  /** The key of the {@link Position}. */
  public static final Key POSITION = ChangelogLayout.key("", (byte) 0, 0);

  /** The key of the position that the states being written lead to. */
  public static final Key ANNOUNCED = ChangelogLayout.key("", (byte) 3, 0);

  /** The key of the settings that models learn with. */
  public static final Key SETTINGS = ChangelogLayout.key("", (byte) 4, 0);

  /** The key of the {@link Position} in the labels topic. */
  public static final Key LABELS_POSITION = ChangelogLayout.key("", (byte) 5, 0);

  /** The lowest key of what says when labels were processed. */
  public static final Key FIRST_TAKEN = taken(0);

  /** The highest key of what says when labels were processed. */
  public static final Key LAST_TAKEN = taken(Integer.MAX_VALUE);

  /** The key of the offset from which on records are learned again. */
  public static final Key LEARN_FROM = ChangelogLayout.key("", (byte) 7, 0);

  /** The key of the {@link Position} in the commands topic. */
  public static final Key COMMANDS_POSITION = ChangelogLayout.key("", (byte) 8, 0);

  /** The lowest key of settings that others took the place of. */
  public static final Key FIRST_EARLIER = earlierSettings(0);

  /** The highest key of settings that others took the place of. */
  public static final Key LAST_EARLIER = earlierSettings(Integer.MAX_VALUE);

  /** The key of what says which models followed others. */
  public static final Key FOLLOWERS = ChangelogLayout.key("", (byte) 10, 0);

  /** The lowest key of what was adopted. */
  public static final Key FIRST_ADOPTION = adoption(0);

  /** The highest key of what was adopted. */
  public static final Key LAST_ADOPTION = adoption(Integer.MAX_VALUE);

  private static final short VERSION = 1; // of adoptions and settings

  private static final int GENERATION_OFFSET = 0;
  private static final int PIECES_OFFSET = GENERATION_OFFSET + Long.BYTES;
  private static final int MAGIC_OFFSET = PIECES_OFFSET + Integer.BYTES;
  private static final int NO_MODEL_OFFSET = MAGIC_OFFSET + Integer.BYTES;
  private static final int LAYOUT_VERSION_OFFSET = NO_MODEL_OFFSET + Short.BYTES;

  /** Where a record's own fields begin. */
  static final int HEADER_BYTES = LAYOUT_VERSION_OFFSET + Short.BYTES;

  private static final int MAGIC =
      ByteBuffer.wrap("SGRD".getBytes(StandardCharsets.US_ASCII)).getInt();
  private static final short NO_MODEL = -1;

  private PartitionRecords() {}

  /** The key of what was adopted, by its number from 0 on. */
  public static Key adoption(int number) {
    return ChangelogLayout.key("", (byte) 1, number);
  }

  /** The key of what says when labels were processed, by its number from 0 on. */
  public static Key taken(int number) {
    return ChangelogLayout.key("", (byte) 6, number);
  }

  /** The key of settings that others took the place of, by their number from 0 on. */
  public static Key earlierSettings(int number) {
    return ChangelogLayout.key("", (byte) 9, number);
  }

  /** A record of so many bytes of its own, to be filled in behind the header. */
  static ByteBuffer withHeader(short version, int length) {
    return ByteBuffer.allocate(HEADER_BYTES + length)
        .putLong(GENERATION_OFFSET, 0)
        .putInt(PIECES_OFFSET, 1)
        .putInt(MAGIC_OFFSET, MAGIC)
        .putShort(NO_MODEL_OFFSET, NO_MODEL)
        .putShort(LAYOUT_VERSION_OFFSET, version);
  }

  /**
   * A record, to be read behind the header.
   *
   * @param newest layout version that can be read; all from 1 on can
   * @throws UnreadableStateException if the header is another
   */
  static ByteBuffer checked(byte[] value, short newest, String what) {
    ByteBuffer record = ByteBuffer.wrap(value);
    if (value.length < HEADER_BYTES
        || record.getInt(MAGIC_OFFSET) != MAGIC
        || record.getShort(NO_MODEL_OFFSET) != NO_MODEL) {
      throw new UnreadableStateException(
          "the changelog has no %s where it should have one".formatted(what));
    }
    short version = version(record);
    if (version < 1 || version > newest) {
      throw new UnreadableStateException(
          "the %s in the changelog has layout version %d, this version of Streamgrad reads 1 to %d; run the version that wrote it"
              .formatted(what, version, newest));
    }
    return record.position(HEADER_BYTES);
  }

  /** The layout version of a record that has a header. */
  static short version(ByteBuffer record) {
    return record.getShort(LAYOUT_VERSION_OFFSET);
  }

  /** The record of what has no layout of its own: bytes behind the header. */
  public static byte[] record(byte[] content) {
    return withHeader(VERSION, content.length).position(HEADER_BYTES).put(content).array();
  }

  /**
   * The bytes that {@link #record} was made of.
   *
   * @param what it is, for the message
   * @throws UnreadableStateException if the header is another
   */
  public static byte[] content(byte[] value, String what) {
    ByteBuffer record = checked(value, VERSION, what);
    byte[] content = new byte[record.remaining()];
    record.get(content);
    return content;
  }
}
