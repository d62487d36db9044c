package io.streamgrad.dataset;

/**
 * Some images of a data set. The arrays are this batch's own and belong to whoever receives it.
 *
 * @param height rows of every image
 * @param width columns of every image
 * @param channels values of every pixel; 1 for grey
 * @param pixels (count, height, width, channels), unsigned values
 * @param labels (count), unsigned class numbers
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier of bytes on their way; never compared
public record Batch(int height, int width, int channels, byte[] pixels, byte[] labels) {

  /** Number of images. */
  public int count() {
    return labels.length;
  }
}
