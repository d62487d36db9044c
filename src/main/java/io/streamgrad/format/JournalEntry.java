package io.streamgrad.format;

import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.UpdateOutcome;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/**
 * The binary layout of a batch in the journal, big-endian throughout; m images of n pixels:
 *
 * <pre>
 *   offset  bytes  field
 *        0    4    magic "SGRJ"
 *        4    2    layout version, 1
 *        6    1    outcome: 0 updated, 1 skipped, 2 diverged, 3 ignored
 *        7    1    bit 0: a new report window begins after the batch
 *        8    8    lineage: offset of the batch
 *       16    4    lineage: its partition
 *       20    8    lineage: time stamp at which the report window began, milliseconds
 *       28    8    sum of losses, double
 *       36    8    last gradient norm, double
 *       44    8    last learning rate, double
 *       52    8    model version after the batch
 *       60    4    sample of the numbers after the batch
 *       64    4    m
 *       68    4    n
 *       72    m    labels
 *        .   m n   pixels, image by image
 * </pre>
 */
public final class JournalEntry {
  static final int MAGIC = 0x5347524a; // "SGRJ"

  /** The layout that is written. */
  public static final short LAYOUT_VERSION = 1;

  private static final int HEADER = 72;
  private static final byte NEW_WINDOW = 1;

  private JournalEntry() {}

  /** The length of a batch's bytes. */
  public static long size(MiniBatch batch) {
    return HEADER + batch.images() * (1L + batch.pixelsPerImage());
  }

  /** The bytes of a batch. */
  public static byte[] encode(JournaledBatch learned) {
    MiniBatch batch = learned.batch();
    Lineage lineage = learned.lineage();
    JournaledBatch.Result result = learned.result();
    ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size(batch)));
    out.putInt(MAGIC).putShort(LAYOUT_VERSION);
    out.put(code(result.outcome())).put(learned.newWindow() ? NEW_WINDOW : 0);
    out.putLong(lineage.offset()).putInt(lineage.partition()).putLong(lineage.windowStart());
    out.putDouble(result.loss()).putDouble(result.gradientNorm()).putDouble(result.learningRate());
    out.putLong(result.version()).putInt(result.sample());
    out.putInt(batch.images()).putInt(batch.pixelsPerImage());
    for (int i = 0; i < batch.images(); i++) {
      out.put((byte) batch.label(i));
    }
    out.put(batch.pixels(), batch.pixelsOffset(), batch.images() * batch.pixelsPerImage());
    return out.array();
  }

  /**
   * The batch of these bytes, which it borrows.
   *
   * @throws UnreadableStateException if they are of another layout, or not a batch at all
   */
  public static JournaledBatch decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      if (in.getInt() != MAGIC) {
        throw new UnreadableStateException("not a batch of a journal: it does not begin with SGRJ");
      }
      short layout = in.getShort();
      if (layout != LAYOUT_VERSION) {
        throw new UnreadableStateException(
            "the journal has layout version %d, this version of Streamgrad reads %d; start the version that wrote it, stop it gracefully (SIGTERM), and start this one again"
                .formatted(layout, LAYOUT_VERSION));
      }
      UpdateOutcome outcome = outcome(in.get());
      byte flags = in.get();
      if ((flags & ~NEW_WINDOW) != 0) {
        throw new UnreadableStateException("the journal is corrupt: flags " + flags);
      }
      long offset = in.getLong();
      Lineage lineage = new Lineage(in.getInt(), offset, in.getLong());
      JournaledBatch.Result result =
          new JournaledBatch.Result(
              outcome, in.getDouble(), in.getDouble(), in.getDouble(), in.getLong(), in.getInt());
      int images = in.getInt();
      int pixels = in.getInt();
      if (images < 1 || pixels < 1 || in.remaining() != images * (1L + pixels)) {
        throw new UnreadableStateException(
            "the journal is corrupt: %d images of %d pixels in %d bytes"
                .formatted(images, pixels, bytes.length));
      }
      MiniBatch batch = new MiniBatch(images, pixels, bytes, HEADER + images, bytes, HEADER);
      return new JournaledBatch(batch, lineage, flags == NEW_WINDOW, result);
    } catch (BufferUnderflowException e) {
      throw new UnreadableStateException(
          "a batch of the journal is truncated at " + bytes.length + " bytes");
    }
  }

  private static byte code(UpdateOutcome outcome) {
    return switch (outcome) {
      case UPDATED -> 0;
      case SKIPPED -> 1;
      case DIVERGED -> 2;
      case IGNORED -> 3;
    };
  }

  private static UpdateOutcome outcome(byte code) {
    return switch (code) {
      case 0 -> UpdateOutcome.UPDATED;
      case 1 -> UpdateOutcome.SKIPPED;
      case 2 -> UpdateOutcome.DIVERGED;
      case 3 -> UpdateOutcome.IGNORED;
      default -> throw new UnreadableStateException("the journal is corrupt: outcome " + code);
    };
  }
}
