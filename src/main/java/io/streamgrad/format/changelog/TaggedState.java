package io.streamgrad.format.changelog;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.format.state.UnreadableStateException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A state that is kept under a tag. Lies in the changelog in pieces, big-endian, as:
 *
 * <pre>
 *   2 layout version, 1; 1 whether it was kept by itself, as what was before a command; 8 offset of
 *   the command; 2 length of the tag, the tag in UTF-8; then the state, {@link ModelCodec}
 * </pre>
 *
 * @param command offset of the command that kept it, in the commands topic
 * @param automatic whether it makes room by itself: it was kept as what was before another command,
 *     or for another model to begin with
 * @param state its bytes; only their beginning where no more was read
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record TaggedState(String tag, boolean automatic, long command, byte[] state) {
  /** What the tags of states begin with that another model begins with. */
  public static final String FORK = "fork-";

  private static final short VERSION = 1;
  private static final int FIXED = 2 * Short.BYTES + 1 + Long.BYTES;

  /** Whether it is kept for another model to begin with. */
  public boolean isFork() {
    return tag.startsWith(FORK);
  }

  /** Its bytes, not yet in pieces. */
  public byte[] encode() {
    byte[] name = tag.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(FIXED + name.length + state.length)
        .putShort(VERSION)
        .put((byte) (automatic ? 1 : 0))
        .putLong(command)
        .putShort((short) name.length)
        .put(name)
        .put(state)
        .array();
  }

  /**
   * That of these bytes, or of a piece that they begin with.
   *
   * @throws UnreadableStateException if they are of another layout, or of none
   */
  public static TaggedState decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < FIXED || in.getShort() != VERSION) {
      throw new UnreadableStateException(
          "a tagged state in the changelog is of a layout that this version of Streamgrad does not"
              + " know; run the version that wrote it");
    }
    boolean automatic = in.get() != 0;
    long command = in.getLong();
    int length = in.getShort();
    if (length < 0 || length > in.remaining()) {
      throw new UnreadableStateException(
          "a tagged state in the changelog is corrupt: a tag of %d bytes in %d"
              .formatted(length, in.remaining()));
    }
    byte[] name = new byte[length];
    in.get(name);
    byte[] state = new byte[in.remaining()];
    in.get(state);
    return new TaggedState(new String(name, StandardCharsets.UTF_8), automatic, command, state);
  }
}
