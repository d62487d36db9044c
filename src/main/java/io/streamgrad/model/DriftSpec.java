package io.streamgrad.model;

/**
 * Whether and how a model notices that the world has changed: that it errs more than it did.
 *
 * @param detector what looks at the errors
 * @param response what becomes of the model when it has found something
 */
public record DriftSpec(Detector detector, Response response) {
  /** Nothing looks. */
  public static final DriftSpec NONE = new DriftSpec(Detector.NONE, Response.REPORT);

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

  /** What becomes of the model. */
  public enum Response {
    /** Nothing: it is told. */
    REPORT,
    /** The average of the weights, which predicts, begins anew with the last ones. */
    RESTART_AVERAGE
  }
}
