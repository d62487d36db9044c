package io.streamgrad.dataset;

import java.util.Objects;

/**
 * Labelled grey images of one size, held in memory. Immutable: it takes the arrays it is built from
 * as its own, and hands out copies only.
 */
public final class ImageDataset {
  private final int height;
  private final int width;
  private final byte[] pixels; // (count, height, width), unsigned grey values
  private final byte[] labels; // (count), unsigned class numbers

  /**
   * A data set over these arrays, which the caller must not touch again.
   *
   * @param height of every image, above 0
   * @param width of every image, above 0
   * @param pixels (count, height, width), unsigned grey values
   * @param labels (count), unsigned class numbers
   * @throws IllegalArgumentException if the sizes do not agree
   */
  ImageDataset(int height, int width, byte[] pixels, byte[] labels) {
    if (height < 1 || width < 1 || (long) labels.length * height * width != pixels.length) {
      throw new IllegalArgumentException(
          pixels.length
              + " pixels are not "
              + labels.length
              + " images of "
              + height
              + " x "
              + width);
    }
    this.height = height;
    this.width = width;
    this.pixels = pixels;
    this.labels = labels;
  }

  /** Rows of every image. */
  public int height() {
    return height;
  }

  /** Columns of every image. */
  public int width() {
    return width;
  }

  /** Number of images. */
  public int count() {
    return labels.length;
  }

  /** A copy of all pixels: (count, height, width), unsigned grey values. */
  public byte[] pixels() {
    return pixels.clone();
  }

  /** A copy of all labels: (count), unsigned class numbers. */
  public byte[] labels() {
    return labels.clone();
  }

  /** The class of an image, 0 to 255. */
  public int label(int image) {
    return Byte.toUnsignedInt(labels[image]);
  }

  /** A batch of the images with these indices, in their order, from one position to another. */
  Batch batch(int[] images, int from, int to) {
    Objects.checkFromToIndex(from, to, images.length);
    int size = height * width;
    byte[] batchPixels = new byte[(to - from) * size];
    byte[] batchLabels = new byte[to - from];
    for (int i = from; i < to; i++) {
      System.arraycopy(pixels, images[i] * size, batchPixels, (i - from) * size, size);
      batchLabels[i - from] = labels[images[i]];
    }
    return new Batch(height, width, batchPixels, batchLabels);
  }
}
