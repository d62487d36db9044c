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
 * @param response what has become of the model
 * @param averageRestarted whether the average of the weights has begun anew with that
 * @param fromArchive whether the challenger that has begun is an earlier model
 */
public record Drift(
    DriftSpec.Detector detector,
    long imagesBefore,
    double errorBefore,
    long imagesSince,
    double errorSince,
    long imagesForgotten,
    DriftSpec.Response response,
    boolean averageRestarted,
    boolean fromArchive)
    implements DriftEvent {

  /** What was found, before anything comes of it. */
  Drift(
      DriftSpec.Detector detector,
      long imagesBefore,
      double errorBefore,
      long imagesSince,
      double errorSince) {
    this(
        detector,
        imagesBefore,
        errorBefore,
        imagesSince,
        errorSince,
        0,
        DriftSpec.Response.REPORT,
        false,
        false);
  }

  /** The same with what came of it. */
  Drift with(long forgotten, DriftSpec.Response done, boolean restarted, boolean archived) {
    return new Drift(
        detector,
        imagesBefore,
        errorBefore,
        imagesSince,
        errorSince,
        forgotten,
        done,
        restarted,
        archived);
  }
}
