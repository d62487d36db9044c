package io.streamgrad.model;

import org.jspecify.annotations.Nullable;

/**
 * A mini-batch of images, as bytes that are borrowed and not copied.
 *
 * @param images number of images, at least 1
 * @param pixelsPerImage number of pixels of each image
 * @param pixels (images, pixelsPerImage) unsigned bytes from {@code pixelsOffset} on, image by
 *     image
 * @param labels one unsigned byte an image from {@code labelsOffset} on; null: nothing to learn
 *     from
 */
@SuppressWarnings("ArrayRecordComponent") // borrowed bytes, compared by identity only
public record MiniBatch(
    int images,
    int pixelsPerImage,
    byte[] pixels,
    int pixelsOffset,
    byte @Nullable [] labels,
    int labelsOffset) {

  /** A batch of whole arrays. */
  public static MiniBatch of(int pixelsPerImage, byte[] pixels, byte @Nullable [] labels) {
    return new MiniBatch(pixels.length / pixelsPerImage, pixelsPerImage, pixels, 0, labels, 0);
  }

  /**
   * Some of its images, with labels of their own.
   *
   * @param places (images) which, in this order
   * @param classes (images) their labels
   */
  public MiniBatch of(int[] places, byte[] classes) {
    byte[] theirs = new byte[places.length * pixelsPerImage];
    for (int i = 0; i < places.length; i++) {
      System.arraycopy(
          pixels,
          pixelsOffset + places[i] * pixelsPerImage,
          theirs,
          i * pixelsPerImage,
          pixelsPerImage);
    }
    return of(pixelsPerImage, theirs, classes);
  }

  /** Whether there is something to learn from. */
  public boolean labeled() {
    return labels != null;
  }

  /**
   * The class of an image.
   *
   * @throws IllegalStateException if the batch has no labels
   */
  public int label(int image) {
    if (labels == null) {
      throw new IllegalStateException("the batch has no labels");
    }
    return labels[labelsOffset + image] & 0xff;
  }
}
