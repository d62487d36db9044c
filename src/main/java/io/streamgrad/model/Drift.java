package io.streamgrad.model;

/**
 * What a detector has compared when it found that a model errs more than before.
 *
 * @param detector that found it
 * @param imagesBefore that it compares with; of an average, so many as it remembers
 * @param errorBefore the share of these that were predicted wrong
 * @param imagesSince those that it finds worse
 * @param errorSince the share of these that were predicted wrong
 * @param imagesForgotten that were kept to be learned from again and now are not
 * @param averageRestarted whether the average of the weights has begun anew
 */
public record Drift(
    DriftSpec.Detector detector,
    long imagesBefore,
    double errorBefore,
    long imagesSince,
    double errorSince,
    long imagesForgotten,
    boolean averageRestarted) {

  /** What was found, before anything comes of it. */
  Drift(
      DriftSpec.Detector detector,
      long imagesBefore,
      double errorBefore,
      long imagesSince,
      double errorSince) {
    this(detector, imagesBefore, errorBefore, imagesSince, errorSince, 0, false);
  }

  /** The same with what came of it. */
  Drift with(long forgotten, boolean restarted) {
    return new Drift(
        detector, imagesBefore, errorBefore, imagesSince, errorSince, forgotten, restarted);
  }
}
