package io.streamgrad.model;

/**
 * Whether and how a model notices that the world has changed: that it errs more than it did.
 *
 * @param detector what looks at the errors
 */
public record DriftSpec(Detector detector) {
  /** Nothing looks. */
  public static final DriftSpec NONE = new DriftSpec(Detector.NONE);

  /** What looks at the errors, each of the predictions that were made on arrival. */
  public enum Detector {
    NONE,
    /** A window that is cut where its halves differ: {@link Adwin}. */
    ADWIN,
    /** The sum of what errors are above their mean: {@link PageHinkley}. */
    PAGE_HINKLEY,
    /** A fast average against a slow one: {@link TwoAverages}. */
    TWO_AVERAGES
  }
}
