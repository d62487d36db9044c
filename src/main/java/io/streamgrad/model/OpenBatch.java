package io.streamgrad.model;

import java.time.Duration;
import java.util.Arrays;

/**
 * Labeled images that wait to be learned together, as one mini-batch, in the order in which they
 * came. Not thread-safe.
 */
public final class OpenBatch {
  private final int pixelsPerImage;
  private byte[] pixels = new byte[0]; // (images, pixelsPerImage), and room
  private byte[] labels = new byte[0]; // (images), and room
  private int images;
  private long since; // time stamp of the record that the first ones came with, milliseconds

  /** One without images. */
  public OpenBatch(int pixelsPerImage) {
    this.pixelsPerImage = pixelsPerImage;
  }

  /** One that was stored. */
  public OpenBatch(MiniBatch stored, long since) {
    this(stored.pixelsPerImage());
    add(stored, since);
  }

  /** How many images wait. */
  public int images() {
    return images;
  }

  /** The time stamp of the record that the first of them came with, milliseconds. */
  public long since() {
    return since;
  }

  /** Whether they have waited for as long as they may, when a record with this time stamp comes. */
  boolean isOverdue(long timestamp, Duration wait) {
    return images > 0 && !wait.isZero() && timestamp - since >= wait.toMillis();
  }

  /** Adds the images of a batch that has labels. */
  void add(MiniBatch lesson, long timestamp) {
    if (images == 0) {
      since = timestamp;
    }
    int all = images + lesson.images();
    if (labels.length < all) {
      labels = Arrays.copyOf(labels, Math.max(all, 2 * images));
      pixels = Arrays.copyOf(pixels, labels.length * pixelsPerImage);
    }
    System.arraycopy(
        lesson.pixels(),
        lesson.pixelsOffset(),
        pixels,
        images * pixelsPerImage,
        lesson.images() * pixelsPerImage);
    for (int i = 0; i < lesson.images(); i++) {
      labels[images + i] = (byte) lesson.label(i);
    }
    images = all;
  }

  /** The images that wait, borrowed; valid until others are added. */
  public MiniBatch batch() {
    return new MiniBatch(images, pixelsPerImage, pixels, 0, labels, 0);
  }

  /** The images that wait, borrowed; valid until others are added to it, which now is empty. */
  MiniBatch close() {
    MiniBatch closed = batch();
    images = 0;
    return closed;
  }
}
