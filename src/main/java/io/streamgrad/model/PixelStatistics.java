package io.streamgrad.model;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Mean and, where inputs are standardised, deviation of every pixel over all images learned from.
 * The sums are exact integers, so neither the order of the images nor the size of the batches can
 * show.
 */
public final class PixelStatistics {
  // Added to the variance of a pixel scaled to [0, 1]: one that never changed in the stream so far
  // (a corner of a digit's image) may not be blown up when it first does.
  private static final double VARIANCE_FLOOR = 0.01;

  private final long[] sums; // (pixels)
  private final long @Nullable [] squares; // (pixels); null where inputs are centred only
  private final float[] means; // (pixels), of what is scaled to [0, 1]; only where centred only
  private long images;

  /**
   * Continues from sums of pixel values (0 to 255) and of their squares.
   *
   * @param squares null where only means are needed
   */
  public PixelStatistics(long images, long[] sums, long @Nullable [] squares) {
    this.images = images;
    this.sums = sums;
    this.squares = squares;
    means = new float[squares == null ? sums.length : 0];
    average();
  }

  /** Those of no images that this scaling needs; null if it needs none. */
  static @Nullable PixelStatistics none(ModelSpec.InputScaling scaling, int pixels) {
    return switch (scaling) {
      case UNIT -> null;
      case AUTO, CENTER -> new PixelStatistics(0, new long[pixels], null);
      case STANDARDIZE -> new PixelStatistics(0, new long[pixels], new long[pixels]);
    };
  }

  /** The scaling that these are for. */
  ModelSpec.InputScaling scaling() {
    return squares == null ? ModelSpec.InputScaling.CENTER : ModelSpec.InputScaling.STANDARDIZE;
  }

  /** Whether they are of so many images of pixels from 0 to 255. */
  boolean isSound() {
    boolean sound = images >= 0 && images <= Long.MAX_VALUE / (255 * 255);
    for (int pixel = 0; sound && pixel < sums.length; pixel++) {
      sound = sums[pixel] >= 0 && sums[pixel] <= 255 * images;
      if (sound && squares != null) { // no less than of equal pixels, no more than of 0 and 255
        double equal = (double) sums[pixel] * sums[pixel] / Math.max(1, images);
        sound = squares[pixel] >= equal * (1 - 1e-9) && squares[pixel] <= 255 * sums[pixel];
      }
    }
    return sound;
  }

  /** An independent copy. */
  PixelStatistics copy() {
    return new PixelStatistics(images, sums.clone(), squares == null ? null : squares.clone());
  }

  /** Images seen. */
  public long images() {
    return images;
  }

  /** (pixels) sums of the values, 0 to 255; not a copy. */
  public long[] sums() {
    return sums;
  }

  /** (pixels) sums of the squares of the values; not a copy; null where inputs are centred only. */
  public long @Nullable [] squares() {
    return squares;
  }

  /** Whether inputs are less their means and no more. */
  public boolean centerOnly() {
    return squares == null;
  }

  /**
   * (pixels) the means where inputs are centred only, 0 before the first image; not a copy. Of
   * pixels scaled to [0, 1].
   */
  public float[] means() {
    return means;
  }

  /** The mean of a pixel that is scaled to [0, 1]. Some images must have been seen. */
  public float mean(int pixel) {
    return squares == null ? means[pixel] : (float) exactMean(pixel);
  }

  /**
   * What a pixel that is scaled to [0, 1], less its mean, is multiplied by: 1 / deviation. Some
   * images must have been seen.
   */
  public float factor(int pixel) {
    double mean = exactMean(pixel);
    double square = Objects.requireNonNull(squares)[pixel] / (255.0 * 255.0 * images);
    double variance = Math.max(0, square - mean * mean);
    return (float) (1 / Math.sqrt(variance + VARIANCE_FLOOR));
  }

  private double exactMean(int pixel) {
    return sums[pixel] / (255.0 * images);
  }

  /** Takes the pixels of a batch that is learned from. Where inputs are standardised. */
  public void add(MiniBatch batch) {
    long[] theirs = Objects.requireNonNull(squares);
    int at = batch.pixelsOffset();
    for (int i = 0; i < batch.images(); i++) {
      for (int p = 0; p < sums.length; p++) {
        int value = batch.pixels()[at++] & 0xff;
        sums[p] += value;
        theirs[p] += (long) value * value;
      }
    }
    images += batch.images();
  }

  /**
   * Takes a batch that is learned from. Where inputs are centred only.
   *
   * @param batchSums (pixels) sums of its pixels
   */
  public void add(int batchImages, int[] batchSums) {
    images += batchImages;
    for (int p = 0; p < sums.length; p++) {
      sums[p] += batchSums[p];
    }
    average();
  }

  /** By a product and not a quotient: of 784 pixels that is a tenth of a step. */
  private void average() {
    if (images > 0) {
      double share = 1 / (255.0 * images);
      for (int p = 0; p < means.length; p++) {
        means[p] = (float) (sums[p] * share);
      }
    }
  }
}
