package io.streamgrad.learner;

import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.PixelStatistics;

/** (pixel - mean) / deviation, for each pixel, both of all images that a model has learned from. */
final class Standardization {
  // Added to the variance of a pixel scaled to [0, 1]: one that never changed in the stream so far
  // (a corner of a digit's image) may not be blown up when it first does.
  private static final double VARIANCE_FLOOR = 0.01;

  private Standardization() {}

  /**
   * Standardises inputs that are already scaled to [0, 1], in place; leaves them as they are where
   * no image has been seen yet.
   *
   * @param x (images, pixels), padded rows
   */
  static void apply(PixelStatistics statistics, float[] x, int images) {
    long seen = statistics.images();
    if (seen == 0) {
      return;
    }
    long[] sums = statistics.sums();
    long[] squares = statistics.squares();
    int row = PaddedRows.length(sums.length);
    for (int p = 0; p < sums.length; p++) {
      double mean = sums[p] / (255.0 * seen);
      double variance = Math.max(0, squares[p] / (255.0 * 255.0 * seen) - mean * mean);
      float shift = (float) mean;
      float factor = (float) (1 / Math.sqrt(variance + VARIANCE_FLOOR));
      for (int i = 0; i < images; i++) {
        x[i * row + p] = (x[i * row + p] - shift) * factor;
      }
    }
  }
}
