package io.streamgrad.format.changelog;

import io.streamgrad.format.state.ControlLayout;
import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.Control;
import io.streamgrad.model.Lineage;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What is left of a model that was deleted, so that no incarnation of its name comes twice, and
 * what came before is not learned again. Lies in the changelog, little-endian, as:
 *
 * <pre>
 *   4 partition, 8 offset of images, 8 of labels, 8 of the command that deleted it,
 *   then what {@link ControlLayout} draws
 * </pre>
 *
 * @param control with the incarnation that was deleted
 * @param lineage up to the deletion
 */
public record DeletedModel(Control control, Lineage lineage) {
  private static final int FIXED = Integer.BYTES + 3 * Long.BYTES;

  /** Its record. */
  public byte[] encode() {
    ByteBuffer out =
        ByteBuffer.allocate(FIXED + (int) ControlLayout.size(control))
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(lineage.partition())
            .putLong(lineage.offset())
            .putLong(lineage.labels())
            .putLong(lineage.commands());
    ControlLayout.write(control, out);
    return ChangelogLayout.value(0, out.array(), 0, ChangelogLayout.MAX_BYTES);
  }

  /**
   * That of a record.
   *
   * @throws UnreadableStateException if it is of none
   */
  public static DeletedModel decode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(ChangelogLayout.content(value)).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int partition = in.getInt();
      Lineage lineage =
          new Lineage(
              partition, in.getLong(), Lineage.NONE.windowStart(), in.getLong(), in.getLong());
      return new DeletedModel(ControlLayout.read(in), lineage);
    } catch (BufferUnderflowException e) {
      throw new UnreadableStateException(
          "what is left of a deleted model is truncated at %d bytes".formatted(value.length));
    }
  }
}
