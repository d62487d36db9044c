package io.streamgrad.learner;

import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.PixelStatistics;

/** (pixel - mean) / deviation, for each pixel, both of all images that a model has learned from. */
final class Standardization {
  private Standardization() {}

  /**
   * Standardises inputs that are already scaled to [0, 1], in place; leaves them as they are where
   * no image has been seen yet.
   *
   * @param x (images, pixels), padded rows
   */
  static void apply(PixelStatistics statistics, float[] x, int images) {
    if (statistics.images() == 0) {
      return;
    }
    int pixels = statistics.sums().length;
    int row = PaddedRows.length(pixels);
    for (int p = 0; p < pixels; p++) {
      float shift = statistics.mean(p);
      float factor = statistics.factor(p);
      for (int i = 0; i < images; i++) {
        x[i * row + p] = (x[i * row + p] - shift) * factor;
      }
    }
  }
}
