package io.streamgrad.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * ADWIN (Bifet and Gavaldà, "Learning from Time-Changing Data with Adaptive Windowing", 2007), with
 * the settings that River and MOA share: a window of all errors, in buckets of 1, 2, 4, ... images,
 * up to {@value #BUCKETS} of a size. It is looked at where {@value #CLOCK} images have come since
 * the last time; where any cut parts it into halves whose means differ by more than chance, it
 * begins anew, and if the later half has the higher mean of any such cut, that is a rise; the one
 * that rises most is what is told.
 *
 * <p>Errors are 0 or 1, so that their number is all there is to know of a bucket, and exact.
 *
 * <pre>
 *   0  images since the last look   1  images in the window   2  errors in it   3  rows in use
 *   then for each row: its number of buckets, and their errors, the oldest first
 * </pre>
 */
final class Adwin extends DriftDetector {
  private static final int ROWS = 32; // of 2^31 images in a bucket, the last
  private static final int BUCKETS = 5;
  private static final int ROW = 1 + BUCKETS + 1; // with one that is to be merged
  private static final int CLOCK = 32;
  private static final int SMALLEST_HALF = 5;
  private static final double DELTA = 0.002;

  private static final int SINCE = 0;
  private static final int IMAGES = 1;
  private static final int ERRORS = 2;
  private static final int USED = 3;
  private static final int FIXED = 4;

  static final int SIZE = FIXED + ROWS * ROW;

  Adwin(double[] numbers) {
    super(numbers);
  }

  @Override
  public DriftSpec.Detector kind() {
    return DriftSpec.Detector.ADWIN;
  }

  @Override
  void add(Prediction prediction, MiniBatch batch) {
    int errors = 0;
    int buckets = (int) numbers[FIXED];
    for (int i = 0; i < batch.images(); i++) {
      int error = error(prediction, batch, i);
      errors += error;
      buckets++;
      numbers[FIXED + buckets] = error;
      if (buckets > BUCKETS) {
        appendToRow(1, mergeOldest(FIXED));
        buckets -= 2;
      }
    }
    numbers[FIXED] = buckets;
    numbers[SINCE] += batch.images();
    numbers[IMAGES] += batch.images();
    numbers[ERRORS] += errors;
    numbers[USED] = Math.max(1, numbers[USED]);
  }

  @Override
  boolean fits() {
    boolean fits = numbers[USED] >= 0 && numbers[USED] <= ROWS;
    for (int at = FIXED; at < SIZE; at += ROW) {
      fits &= numbers[at] >= 0 && numbers[at] <= BUCKETS;
    }
    return fits;
  }

  private void appendToRow(int first, double bucket) {
    double errors = bucket;
    for (int row = first; row < ROWS; row++) {
      int at = FIXED + row * ROW;
      int buckets = (int) numbers[at] + 1;
      numbers[at + buckets] = errors;
      if (buckets <= BUCKETS) {
        numbers[at] = buckets;
        numbers[USED] = Math.max(numbers[USED], row + 1);
        return;
      }
      numbers[at] = buckets - 2;
      errors = mergeOldest(at);
    }
    numbers[IMAGES] -= Math.scalb(1.0, ROWS); // forgotten
    numbers[ERRORS] -= errors;
  }

  /** Takes the two oldest buckets out of a row that is full; returns the errors in both. */
  private double mergeOldest(int at) {
    double errors = numbers[at + 1] + numbers[at + 2];
    for (int b = at + 1; b < at + BUCKETS; b++) {
      numbers[b] = numbers[b + 2];
    }
    numbers[at + BUCKETS] = 0;
    numbers[at + BUCKETS + 1] = 0;
    return errors;
  }

  @Override
  @Nullable Drift look() {
    if (numbers[SINCE] < CLOCK) {
      return null;
    }
    numbers[SINCE] = 0;
    double images = numbers[IMAGES];
    double mean = numbers[ERRORS] / images;
    double confidence = StrictMath.log(2 * StrictMath.log(images) / DELTA);
    double scale = 2 * mean * (1 - mean) * confidence;
    boolean differs = false;
    double largest = 0;
    Drift found = null;
    double before = 0;
    double errorsBefore = 0;
    int oldest = (int) numbers[USED] - 1;
    double bucket = Math.scalb(1.0, oldest);
    for (int row = oldest; row >= 0; row--, bucket /= 2) {
      int at = FIXED + row * ROW;
      int buckets = (int) numbers[at];
      for (int b = 1; b <= buckets; b++) {
        before += bucket;
        errorsBefore += numbers[at + b];
        double since = images - before;
        double errorsSince = numbers[ERRORS] - errorsBefore;
        if (differ(before, errorsBefore, since, errorsSince, scale, confidence)) {
          double rise = errorsSince / since - errorsBefore / before;
          differs = true;
          if (rise > largest) {
            largest = rise;
            found =
                new Drift(
                    kind(),
                    (long) before,
                    errorsBefore / before,
                    (long) since,
                    errorsSince / since);
          }
        }
      }
    }
    if (differs && found == null) {
      Arrays.fill(numbers, 0); // a fall
    }
    return found;
  }

  /**
   * The paper's bound by the variance, its variance term first by itself, as most cuts fail, and
   * all with less than {@value #SMALLEST_HALF} images on a side: the product of what is free is not
   * above 0 then, and the sum is, since a window that is looked at has {@value #CLOCK} or more.
   */
  private static boolean differ(
      double n0, double u0, double n1, double u1, double scale, double confidence) {
    double free0 = n0 - SMALLEST_HALF + 1;
    double free1 = n1 - SMALLEST_HALF + 1;
    double difference = u1 * n0 - u0 * n1;
    double product = n0 * n1;
    double free = free0 * free1;
    if (difference * difference * free <= scale * (free0 + free1) * (product * product)) {
      return false;
    }
    double reciprocal = 1 / free0 + 1 / free1;
    double bound = Math.sqrt(reciprocal * scale) + 2.0 / 3 * confidence * reciprocal;
    return Math.abs(u0 / n0 - u1 / n1) > bound;
  }
}
