package io.streamgrad.format.changelog;

import io.streamgrad.format.state.UnreadableStateException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A part of the input in which a model followed another one. All of a partition lie in one record,
 * big-endian, in the order in which they began:
 *
 * <pre>
 *   4 number, then of each:
 *   2 length, the follower's name in UTF-8; 2 length, the leader's
 *   8 x 3 offsets of images, labels, commands from which on it followed
 *   8 x 3 the same at which it did no more; the largest long where it still does
 * </pre>
 *
 * @param from the first that it took
 * @param to the first that it did not take any more
 */
public record Following(String follower, String leader, Place from, Place to) {
  private static final String WHAT = "list of followers";

  /** Offsets of the topics of the input. */
  public record Place(long images, long labels, long commands) {
    /** Behind all that is there. */
    public static final Place OPEN = new Place(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  /** Whether it still does. */
  public boolean isOpen() {
    return to.equals(Place.OPEN);
  }

  /** The same, up to a place. */
  public Following until(Place place) {
    return new Following(follower, leader, from, place);
  }

  /** The record of several. */
  public static byte[] encode(List<Following> all) {
    int size = Integer.BYTES;
    for (Following each : all) {
      size += 2 * Short.BYTES + utf8(each.follower).length + utf8(each.leader).length;
      size += 6 * Long.BYTES;
    }
    ByteBuffer out = ByteBuffer.allocate(size).putInt(all.size());
    for (Following each : all) {
      put(out, each.follower);
      put(out, each.leader);
      put(out, each.from);
      put(out, each.to);
    }
    return PartitionRecords.record(out.array());
  }

  /**
   * Reads a record.
   *
   * @throws UnreadableStateException if it is none
   */
  public static List<Following> decode(byte[] record) {
    ByteBuffer in = ByteBuffer.wrap(PartitionRecords.content(record, WHAT));
    try {
      List<Following> all = new ArrayList<>();
      int count = in.getInt();
      for (int i = 0; i < count; i++) {
        all.add(new Following(text(in), text(in), place(in), place(in)));
      }
      return all;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new UnreadableStateException("the " + WHAT + " in the changelog is corrupt");
    }
  }

  private static void put(ByteBuffer out, String text) {
    byte[] bytes = utf8(text);
    out.putShort((short) bytes.length).put(bytes);
  }

  private static void put(ByteBuffer out, Place place) {
    out.putLong(place.images).putLong(place.labels).putLong(place.commands);
  }

  private static String text(ByteBuffer in) {
    int length = in.getShort();
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException("a name of %d bytes".formatted(length));
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static Place place(ByteBuffer in) {
    return new Place(in.getLong(), in.getLong(), in.getLong());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
