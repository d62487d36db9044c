package io.streamgrad.format;

import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.OpenBatch;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * How labeled images that wait to be learned together lie in a model's state:
 *
 * <pre>
 *   8 time stamp of the record that the first ones came with   4 n, images, 1 or above
 *   n labels, 1 each, in their order   n images, 1 a pixel, the same
 * </pre>
 */
final class OpenBatchLayout {
  private static final int FIXED_BYTES = Long.BYTES + Integer.BYTES;

  private OpenBatchLayout() {}

  static long size(OpenBatch open, int inputs) {
    return FIXED_BYTES + open.images() * (1L + inputs);
  }

  static void write(OpenBatch open, ByteBuffer out) {
    MiniBatch batch = open.batch();
    out.putLong(open.since()).putInt(batch.images());
    for (int i = 0; i < batch.images(); i++) {
      out.put((byte) batch.label(i));
    }
    out.put(batch.pixels(), 0, batch.images() * batch.pixelsPerImage());
  }

  static OpenBatch read(ByteBuffer in, List<Integer> layers) {
    int inputs = layers.get(0);
    int classes = layers.get(layers.size() - 1);
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
    return new OpenBatch(MiniBatch.of(inputs, pixels, labels), since);
  }
}
