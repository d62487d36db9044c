package io.streamgrad.model;

import org.jspecify.annotations.Nullable;

/**
 * The test of Page and Hinkley (Page, "Continuous Inspection Schemes", Biometrika 41, 1954), as
 * River has it, with River's settings: errors less their mean are summed up, never below 0 and
 * slowly forgotten, and a large sum is a rise. The images since the sum was last 0 are those that
 * it is made of.
 */
final class PageHinkley extends DriftDetector {
  static final int SIZE = 5;

  private static final int IMAGES = 0; // so many
  private static final int MEAN = 1; // of all errors
  private static final int SUM = 2;
  private static final int SINCE = 3; // images since the sum was last 0
  private static final int ERRORS_SINCE = 4;

  private static final double TOLERATED = 0.005;
  private static final double KEPT = 1 - 0.0001;
  private static final double LARGE = 50;
  private static final int FEWEST = 29;

  PageHinkley(double[] numbers) {
    super(numbers);
  }

  @Override
  public DriftSpec.Detector kind() {
    return DriftSpec.Detector.PAGE_HINKLEY;
  }

  @Override
  void add(Prediction prediction, MiniBatch batch) {
    for (int i = 0; i < batch.images(); i++) {
      add(error(prediction, batch, i));
    }
  }

  private void add(double error) {
    numbers[IMAGES]++;
    numbers[MEAN] += (error - numbers[MEAN]) / numbers[IMAGES];
    numbers[SUM] = Math.max(0, KEPT * numbers[SUM] + (error - numbers[MEAN] - TOLERATED));
    boolean none = numbers[SUM] == 0;
    numbers[SINCE] = none ? 0 : numbers[SINCE] + 1;
    numbers[ERRORS_SINCE] = none ? 0 : numbers[ERRORS_SINCE] + error;
  }

  @Override
  @Nullable Drift look() {
    if (numbers[IMAGES] < FEWEST || numbers[SUM] < LARGE) {
      return null;
    }
    double errors = numbers[MEAN] * numbers[IMAGES];
    double before = numbers[IMAGES] - numbers[SINCE];
    return new Drift(
        kind(),
        (long) before,
        before == 0 ? 0 : (errors - numbers[ERRORS_SINCE]) / before,
        (long) numbers[SINCE],
        numbers[ERRORS_SINCE] / numbers[SINCE]);
  }
}
