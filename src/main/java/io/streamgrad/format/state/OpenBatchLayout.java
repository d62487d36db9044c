package io.streamgrad.format.state;

import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OpenBatch;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * How labeled images that wait to be learned together lie in a model's state:
 *
 * <pre>
 *   8 time stamp of the record that the first ones came with   4 n, images, 1 or above
 *   n labels, 1 each, in their order   n images, 1 a pixel, the same
 * </pre>
 *
 * <p>Only where there are any.
 */
final class OpenBatchLayout implements SectionLayout {
  private static final int FIXED_BYTES = Long.BYTES + Integer.BYTES;

  @Override
  public long size(ModelState state) {
    OpenBatch open = state.open();
    int inputs = state.parameters().layers().get(0);
    return open == null ? 0 : FIXED_BYTES + open.images() * (1L + inputs);
  }

  @Override
  public void write(ModelEntry model, ByteBuffer out) {
    OpenBatch open = Objects.requireNonNull(model.state().open());
    MiniBatch batch = open.batch();
    out.putLong(open.since()).putInt(batch.images());
    for (int i = 0; i < batch.images(); i++) {
      out.put((byte) batch.label(i));
    }
    out.put(batch.pixels(), 0, batch.images() * batch.pixelsPerImage());
  }

  @Override
  public void read(ByteBuffer in, StateParts parts) {
    int inputs = parts.inputs();
    int classes = parts.classes();
    long since = in.getLong();
    int images = in.getInt();
    if (images < 1 || in.remaining() != images * (1L + inputs)) {
      throw new UnreadableStateException(
          "stored model is corrupt: %d images that wait to be learned, in %d bytes"
              .formatted(images, in.remaining()));
    }
    byte[] labels = new byte[images];
    byte[] pixels = new byte[images * inputs];
    in.get(labels).get(pixels);
    for (byte label : labels) {
      if ((label & 0xff) >= classes) {
        throw new UnreadableStateException(
            "stored model is corrupt: an image waits with label %d, of %d classes"
                .formatted(label & 0xff, classes));
      }
    }
    parts.open = new OpenBatch(MiniBatch.of(inputs, pixels, labels), since);
  }
}
