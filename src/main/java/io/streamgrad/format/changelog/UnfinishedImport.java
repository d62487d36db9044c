package io.streamgrad.format.changelog;

import io.streamgrad.format.state.UnreadableStateException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Which state is being imported to a model, and how much of it has come. Lies in the changelog,
 * beside the pieces, big-endian, as:
 *
 * <pre>
 *   2 layout version, 1; 8 length of the whole state; 4 pieces that have come; 8 bytes
 *   in these; 2 length of the SHA-256, that in hexadecimal; 2 length of the id, the id in UTF-8
 * </pre>
 *
 * @param id of the command
 * @param sha256 of the whole state, in hexadecimal
 * @param size of the whole state, in bytes
 * @param pieces that have come, the first ones
 * @param bytes in these
 */
public record UnfinishedImport(String id, String sha256, long size, int pieces, long bytes) {
  private static final short VERSION = 1;

  /** The same when one piece more has come. */
  public UnfinishedImport with(byte[] piece) {
    return new UnfinishedImport(id, sha256, size, pieces + 1, bytes + piece.length);
  }

  /** Whether all has come. */
  public boolean isWhole() {
    return bytes == size;
  }

  /** Its record. */
  public byte[] encode() {
    byte[] hash = sha256.getBytes(StandardCharsets.US_ASCII);
    byte[] name = id.getBytes(StandardCharsets.UTF_8);
    byte[] record =
        ByteBuffer.allocate(
                3 * Short.BYTES + 2 * Long.BYTES + Integer.BYTES + hash.length + name.length)
            .putShort(VERSION)
            .putLong(size)
            .putInt(pieces)
            .putLong(bytes)
            .putShort((short) hash.length)
            .put(hash)
            .putShort((short) name.length)
            .put(name)
            .array();
    return ChangelogLayout.value(0, record, 0, ChangelogLayout.MAX_BYTES);
  }

  /**
   * That of a record.
   *
   * @throws UnreadableStateException if it is of another layout, or of none
   */
  public static UnfinishedImport decode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(ChangelogLayout.content(value));
    try {
      if (in.getShort() != VERSION) {
        throw new UnreadableStateException(
            "what has come of an import is in the changelog in a layout that this version of"
                + " Streamgrad does not know; run the version that wrote it");
      }
      long size = in.getLong();
      int pieces = in.getInt();
      long bytes = in.getLong();
      String sha256 = text(in);
      return new UnfinishedImport(text(in), sha256, size, pieces, bytes);
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw new UnreadableStateException(
          "what the changelog says of an import is truncated at %d bytes".formatted(value.length));
    }
  }

  private static String text(ByteBuffer in) {
    int length = in.getShort();
    ByteBuffer text = in.slice(in.position(), length);
    in.position(in.position() + length);
    return StandardCharsets.UTF_8.decode(text).toString();
  }
}
