package io.streamgrad.model;

import java.util.Locale;

/**
 * Whether and how a model notices that the world has changed: that it errs more than it did.
 *
 * @param detector what looks at the errors
 * @param response what becomes of the model when it has found something
 * @param archive earlier models that may be challengers, 0 for none
 */
public record DriftSpec(Detector detector, Response response, int archive) {
  /** Nothing looks. */
  public static final DriftSpec NONE = new DriftSpec(Detector.NONE, Response.REPORT, 0);

  /** Checks that a model with this averaging may respond so. */
  void check(double averaging) {
    SpecException.unless(
        response == Response.REPORT || detector != Detector.NONE,
        "drift.response",
        name(response),
        "report where drift.detector is none");
    SpecException.unless(
        response != Response.RESTART_AVERAGE || averaging > 0,
        "drift.response",
        name(response),
        "report, boost-rate or challenger where averaging is 0");
    SpecException.unless(
        archive >= 0 && archive <= (response == Response.CHALLENGER ? Archive.LARGEST : 0),
        "drift.archive",
        archive,
        "0 (none) to %d, and 0 where drift.response is not challenger".formatted(Archive.LARGEST));
  }

  private static String name(Response response) {
    return response.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

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
    RESTART_AVERAGE,
    /** The learning rate is higher for a while: {@link RateBoost}. */
    BOOST_RATE,
    /**
     * As {@link #RESTART_AVERAGE}, and a new output layer learns beside the model and takes over if
     * it is better.
     */
    CHALLENGER;

    /** Whether the average of the weights, if there is one, begins anew. */
    boolean restartsAverage() {
      return this == RESTART_AVERAGE || this == CHALLENGER;
    }
  }
}
