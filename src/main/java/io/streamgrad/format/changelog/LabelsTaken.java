package io.streamgrad.format.changelog;

import io.streamgrad.format.state.UnreadableStateException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * When a record of the labels topic was processed, and what can't be known again: so that it takes
 * effect at the same moment when the input is learned again. Kafka Streams' choice between two
 * topics depends on what happens to be fetched. Lies in the changelog, big-endian, as:
 *
 * <pre>
 *   8 offset in the labels topic, 8 offset of the next record of the images topic,
 *   1 flags: 1 where its images were deleted, 2 where followers do not hold it
 * </pre>
 *
 * @param labels offset of the record
 * @param images offset of the images record before which, and after all earlier ones, it was
 *     processed
 * @param imagesDeleted whether the images that it is about were not there any more
 * @param held whether followers of the model that do not know the batch hold the labels until it
 *     comes, as the model does; it came before they followed otherwise
 */
public record LabelsTaken(long labels, long images, boolean imagesDeleted, boolean held) {
  private static final int DELETED = 1;
  private static final int NOT_HELD = 2;
  private static final int BYTES = 2 * Long.BYTES + Byte.BYTES;

  /** The bytes of several, in their order. */
  public static byte[] encode(List<LabelsTaken> taken) {
    ByteBuffer out = ByteBuffer.allocate(BYTES * taken.size());
    for (LabelsTaken each : taken) {
      int flags = (each.imagesDeleted ? DELETED : 0) | (each.held ? 0 : NOT_HELD);
      out.putLong(each.labels).putLong(each.images).put((byte) flags);
    }
    return PartitionRecords.record(out.array());
  }

  /**
   * Those of these bytes.
   *
   * @throws UnreadableStateException if they are of none
   */
  public static List<LabelsTaken> decode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(PartitionRecords.content(value, "order of labels"));
    if (in.remaining() % BYTES != 0) {
      throw new UnreadableStateException(
          "the order of labels in the changelog is corrupt: it has %d bytes"
              .formatted(in.remaining()));
    }
    List<LabelsTaken> taken = new ArrayList<>();
    while (in.hasRemaining()) {
      long labels = in.getLong();
      long images = in.getLong();
      int flags = in.get();
      taken.add(new LabelsTaken(labels, images, (flags & DELETED) != 0, (flags & NOT_HELD) == 0));
    }
    return taken;
  }
}
