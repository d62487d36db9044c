package io.streamgrad.model;

import org.jspecify.annotations.Nullable;

/**
 * A fast exponential average of the errors against a slow one: a rise is where the fast one is
 * {@value #DEVIATIONS} of its own standard deviations above, as it varies where each image is wrong
 * by the slow one's chance. Averages begin as the mean of what has come so far.
 */
final class TwoAverages extends DriftDetector {
  static final int SIZE = 3;

  private static final int IMAGES = 0; // so many
  private static final int SLOW = 1;
  private static final int FAST = 2;

  private static final int SLOW_IMAGES = 5_000;
  private static final int FAST_IMAGES = 32;
  private static final int FEWEST = 500;
  private static final double DEVIATIONS = 7;
  private static final double SMALLEST_ERROR = 0.01; // or a single error of a good model is a rise

  TwoAverages(double[] numbers) {
    super(numbers);
  }

  @Override
  public DriftSpec.Detector kind() {
    return DriftSpec.Detector.TWO_AVERAGES;
  }

  @Override
  void add(Prediction prediction, MiniBatch batch) {
    for (int i = 0; i < batch.images(); i++) {
      add(error(prediction, batch, i));
    }
  }

  private void add(double error) {
    numbers[IMAGES]++;
    numbers[SLOW] += (error - numbers[SLOW]) / Math.min(numbers[IMAGES], SLOW_IMAGES);
    numbers[FAST] += (error - numbers[FAST]) / Math.min(numbers[IMAGES], FAST_IMAGES);
  }

  @Override
  @Nullable Drift look() {
    double chance = Math.max(SMALLEST_ERROR, numbers[SLOW]);
    double share = 1.0 / FAST_IMAGES;
    double deviation = Math.sqrt(chance * (1 - chance) * share / (2 - share));
    if (numbers[IMAGES] < FEWEST || numbers[FAST] - numbers[SLOW] <= DEVIATIONS * deviation) {
      return null;
    }
    long before = (long) Math.min(numbers[IMAGES], SLOW_IMAGES);
    return new Drift(kind(), before, numbers[SLOW], FAST_IMAGES, numbers[FAST]);
  }
}
