package io.streamgrad.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the errors of a model's predictions, image by image, and says when they have become
 * more: rises only, a model that gets better has not to be told of. It is looked at once a batch,
 * and begins anew when it has found something.
 *
 * <p>All that it knows are doubles, which are part of the model's state; every operation is one
 * that all platforms do alike. Not thread-safe.
 */
public abstract sealed class DriftDetector permits Adwin, PageHinkley, TwoAverages {
  private static final int SAMPLED = 3;

  /** What is known; drawn by each detector. */
  final double[] numbers;

  DriftDetector(double[] numbers) {
    this.numbers = numbers;
  }

  /** One that knows nothing yet; null for none. */
  static @Nullable DriftDetector of(DriftSpec.Detector kind) {
    return kind == DriftSpec.Detector.NONE ? null : of(kind, new double[size(kind)]);
  }

  /**
   * One that goes on.
   *
   * @param numbers as {@link #numbers()} gave them; owned by the detector
   */
  public static DriftDetector of(DriftSpec.Detector kind, double[] numbers) {
    return switch (kind) {
      case NONE -> throw new IllegalArgumentException("no detector has no numbers");
      case ADWIN -> new Adwin(numbers);
      case PAGE_HINKLEY -> new PageHinkley(numbers);
      case TWO_AVERAGES -> new TwoAverages(numbers);
    };
  }

  /** How many numbers a detector has. */
  public static int size(DriftSpec.Detector kind) {
    return switch (kind) {
      case NONE -> 0;
      case ADWIN -> Adwin.SIZE;
      case PAGE_HINKLEY -> PageHinkley.SIZE;
      case TWO_AVERAGES -> TwoAverages.SIZE;
    };
  }

  /** Which of them this is. */
  public abstract DriftSpec.Detector kind();

  /** Takes the images of a batch, in their order. */
  abstract void add(Prediction prediction, MiniBatch batch);

  /** 1 where an image was predicted wrong, and 0 where it was not. */
  static int error(Prediction prediction, MiniBatch batch, int image) {
    return prediction.classes()[image] == batch.label(image) ? 0 : 1;
  }

  /** What was found, at the end of a batch; null if nothing was. */
  abstract @Nullable Drift look();

  /**
   * Takes a batch that was scored and learned from.
   *
   * @param prediction made on arrival
   * @return what was found; null if nothing was
   */
  final @Nullable Drift observe(Prediction prediction, MiniBatch batch) {
    add(prediction, batch);
    Drift drift = look();
    if (drift != null) {
      begin();
    }
    return drift;
  }

  /** Begins anew. */
  final void begin() {
    Arrays.fill(numbers, 0);
  }

  /** A hash of the first of its numbers, which every image changes. */
  final int sample() {
    int hash = 1;
    for (int i = 0; i < Math.min(SAMPLED, numbers.length); i++) {
      hash = 31 * hash + Double.hashCode(numbers[i]);
    }
    return hash;
  }

  /** Whether these are numbers that a detector can have, and not those of a damaged state. */
  public final boolean isSound() {
    return Arrays.stream(numbers).allMatch(Double::isFinite) && fits();
  }

  /** Whether finite numbers lead nowhere outside of what is drawn. */
  boolean fits() {
    return true;
  }

  /** All that it knows; not a copy. */
  public final double[] numbers() {
    return numbers;
  }
}
