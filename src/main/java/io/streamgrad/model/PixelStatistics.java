package io.streamgrad.model;

/**
 * Mean and deviation of every pixel over all images learned from, for standardised inputs. The sums
 * are exact integers, so neither the order of the images nor the size of the batches can show.
 */
public final class PixelStatistics {
  // Added to the variance of a pixel scaled to [0, 1]: one that never changed in the stream so far
  // (a corner of a digit's image) may not be blown up when it first does.
  private static final double VARIANCE_FLOOR = 0.01;

  private final long[] sums; // (pixels)
  private final long[] squares; // (pixels)
  private long images;

  /** Of no images: inputs are just scaled to [0, 1]. */
  public PixelStatistics(int pixels) {
    this(0, new long[pixels], new long[pixels]);
  }

  /** Continues from sums of pixel values (0 to 255) and of their squares. */
  public PixelStatistics(long images, long[] sums, long[] squares) {
    this.images = images;
    this.sums = sums;
    this.squares = squares;
  }

  /** Images seen. */
  public long images() {
    return images;
  }

  /** (pixels) sums of the values, 0 to 255; not a copy. */
  public long[] sums() {
    return sums;
  }

  /** (pixels) sums of the squares of the values; not a copy. */
  public long[] squares() {
    return squares;
  }

  /** The mean of a pixel that is scaled to [0, 1]. Some images must have been seen. */
  public float mean(int pixel) {
    return (float) exactMean(pixel);
  }

  /**
   * What a pixel that is scaled to [0, 1], less its mean, is multiplied by: 1 / deviation. Some
   * images must have been seen.
   */
  public float factor(int pixel) {
    double mean = exactMean(pixel);
    double variance = Math.max(0, squares[pixel] / (255.0 * 255.0 * images) - mean * mean);
    return (float) (1 / Math.sqrt(variance + VARIANCE_FLOOR));
  }

  private double exactMean(int pixel) {
    return sums[pixel] / (255.0 * images);
  }

  /** Takes the pixels of a batch that is learned from. */
  public void add(MiniBatch batch) {
    int at = batch.pixelsOffset();
    for (int i = 0; i < batch.images(); i++) {
      for (int p = 0; p < sums.length; p++) {
        int value = batch.pixels()[at++] & 0xff;
        sums[p] += value;
        squares[p] += (long) value * value;
      }
    }
    images += batch.images();
  }
}
