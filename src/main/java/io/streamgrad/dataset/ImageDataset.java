package io.streamgrad.dataset;

import java.util.Objects;

/**
 * Labelled images of one size, held in memory. Immutable: it takes the arrays it is built from as
 * its own, and hands out copies only.
 */
public final class ImageDataset {
  private final int height;
  private final int width;
  private final int channels;
  private final byte[] pixels; // (count, height, width, channels), unsigned values
  private final byte[] labels; // (count), unsigned class numbers

  /**
   * A data set over these arrays, which the caller must not touch again.
   *
   * @param height of every image, above 0
   * @param width of every image, above 0
   * @param channels of every pixel, above 0
   * @param pixels (count, height, width, channels), unsigned values
   * @param labels (count), unsigned class numbers
   * @throws IllegalArgumentException if the sizes do not agree
   */
  ImageDataset(int height, int width, int channels, byte[] pixels, byte[] labels) {
    if (height < 1
        || width < 1
        || channels < 1
        || (long) labels.length * height * width * channels != pixels.length) {
      throw new IllegalArgumentException(
          pixels.length
              + " pixels are not "
              + labels.length
              + " images of "
              + height
              + " x "
              + width
              + " x "
              + channels);
    }
    this.height = height;
    this.width = width;
    this.channels = channels;
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

  /** Values of every pixel: 1 for grey. */
  public int channels() {
    return channels;
  }

  /** Number of images. */
  public int count() {
    return labels.length;
  }

  /** A copy of all pixels: (count, height, width, channels), unsigned values. */
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

  /** The largest label; -1 where there are no images. */
  public int largestLabel() {
    int largest = -1;
    for (int i = 0; i < labels.length; i++) {
      largest = Math.max(largest, label(i));
    }
    return largest;
  }

  /** The same with rows for columns, as EMNIST's files have them. */
  public ImageDataset transposed() {
    byte[] turned = new byte[pixels.length];
    int from = 0;
    for (int image = 0; image < pixels.length; image += height * width * channels) {
      for (int row = 0; row < height; row++) {
        for (int column = 0; column < width; column++) {
          for (int channel = 0; channel < channels; channel++) {
            turned[image + (column * height + row) * channels + channel] = pixels[from++];
          }
        }
      }
    }
    return new ImageDataset(width, height, channels, turned, labels);
  }

  /**
   * The same with classes from 0 on.
   *
   * @param first the label that class 0 has now
   * @throws DatasetException if there is a smaller one
   */
  public ImageDataset labelsFrom(int first) {
    byte[] fewer = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      Tensor.check(
          label(i) >= first, "image " + i, "has the label %d, below %d".formatted(label(i), first));
      fewer[i] = (byte) (label(i) - first);
    }
    return new ImageDataset(height, width, channels, pixels, fewer);
  }

  /**
   * Checks that a model has the classes of all labels.
   *
   * @param classes of the model
   * @throws DatasetException if it has not; names an image, and says so where labels seem to begin
   *     with 1
   */
  public void requireClasses(int classes) {
    int smallest = Integer.MAX_VALUE;
    for (int i = 0; i < labels.length; i++) {
      smallest = Math.min(smallest, label(i));
    }
    for (int i = 0; i < labels.length; i++) {
      Tensor.check(
          label(i) < classes,
          "image " + i,
          "has the label %d; the model has classes 0 to %d".formatted(label(i), classes - 1)
              + (smallest == 1 ? ", and the labels begin with 1 (--labels-from 1)" : ""));
    }
  }

  /** A batch of the images with these indices, in their order, from one position to another. */
  Batch batch(int[] images, int from, int to) {
    Objects.checkFromToIndex(from, to, images.length);
    int size = height * width * channels;
    byte[] batchPixels = new byte[(to - from) * size];
    byte[] batchLabels = new byte[to - from];
    for (int i = from; i < to; i++) {
      System.arraycopy(pixels, images[i] * size, batchPixels, (i - from) * size, size);
      batchLabels[i - from] = labels[images[i]];
    }
    return new Batch(height, width, channels, batchPixels, batchLabels);
  }
}
