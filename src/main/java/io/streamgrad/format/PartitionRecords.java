package io.streamgrad.format;

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
 *       18      2  layout version of the record: 1
 * </pre>
 */
public final class PartitionRecords {
  /** The key of the {@link Position}. */
  public static final Key POSITION = ChangelogLayout.key("", (byte) 0, 0);

  /** The key of the position that the states being written lead to. */
  public static final Key ANNOUNCED = ChangelogLayout.key("", (byte) 3, 0);

  /** The lowest key of what was adopted. */
  public static final Key FIRST_ADOPTION = adoption(0);

  /** The highest key of what was adopted. */
  public static final Key LAST_ADOPTION = adoption(Integer.MAX_VALUE);

  static final short LAYOUT_VERSION = 1;

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

  /** A record of so many bytes of its own, to be filled in behind the header. */
  static ByteBuffer withHeader(int length) {
    return ByteBuffer.allocate(HEADER_BYTES + length)
        .putLong(GENERATION_OFFSET, 0)
        .putInt(PIECES_OFFSET, 1)
        .putInt(MAGIC_OFFSET, MAGIC)
        .putShort(NO_MODEL_OFFSET, NO_MODEL)
        .putShort(LAYOUT_VERSION_OFFSET, LAYOUT_VERSION);
  }

  /**
   * A record, to be read behind the header.
   *
   * @throws UnreadableStateException if the header is another
   */
  static ByteBuffer checked(byte[] value, String what) {
    ByteBuffer record = ByteBuffer.wrap(value);
    if (value.length < HEADER_BYTES
        || record.getInt(MAGIC_OFFSET) != MAGIC
        || record.getShort(NO_MODEL_OFFSET) != NO_MODEL) {
      throw new UnreadableStateException(
          "the changelog has no %s where it should have one".formatted(what));
    }
    short version = record.getShort(LAYOUT_VERSION_OFFSET);
    if (version != LAYOUT_VERSION) {
      throw new UnreadableStateException(
          "the %s in the changelog has layout version %d, this version of Streamgrad reads %d; run the version that wrote it"
              .formatted(what, version, LAYOUT_VERSION));
    }
    return record.position(HEADER_BYTES);
  }

  /** The record of what was adopted: a message's bytes behind the header. */
  public static byte[] adopted(byte[] message) {
    return withHeader(message.length).position(HEADER_BYTES).put(message).array();
  }

  /**
   * The message of what was adopted.
   *
   * @throws UnreadableStateException if the header is another
   */
  public static byte[] message(byte[] value) {
    ByteBuffer record = checked(value, "adoption");
    byte[] message = new byte[record.remaining()];
    record.get(message);
    return message;
  }
}
