package io.streamgrad.wire;

import io.streamgrad.model.Control;
import io.streamgrad.model.Drift;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.DriftSpec.Response;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.ScoreSnapshot;
import io.streamgrad.model.Takeover;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.Score;
import org.jspecify.annotations.Nullable;

/** A report on a model as it is published. */
public final class ReportMessage {
  private ReportMessage() {}

  /**
   * The message.
   *
   * @param control of the model
   * @param event what it reports; null if it reports something else
   */
  public static MetricsReport of(
      ModelStatus status,
      Control control,
      MetricsReport.Reason reason,
      @Nullable DriftEvent event,
      InputPosition input) {
    MetricsReport.Builder message =
        MetricsReport.newBuilder()
            .setModel(status.model())
            .setModelVersion(status.version())
            .setReason(reason)
            .setIncarnation(control.incarnation())
            .setPaused(control.paused())
            .setInput(input)
            .setLifetime(score(status.lifetime()))
            .setGradientNorm(status.gradientNorm())
            .setWeightNorm(status.weightNorm())
            .setLearningRate(status.learningRate())
            .setUpdatesSkipped(status.updatesSkipped())
            .setDiverged(status.diverged())
            .setImagesLearned(status.imagesLearned())
            .setBatchesLearned(status.batchesLearned());
    if (status.window() != null) {
      message
          .setWindow(score(status.window().score()))
          .setImagesPerSecond(status.window().imagesPerSecond());
    }
    if (event instanceof Drift drift) {
      message.setDrift(drift(drift));
    } else if (event instanceof Takeover takeover) {
      message.setTakeover(
          io.streamgrad.v1.Takeover.newBuilder()
              .setImages(takeover.images())
              .setErrors(takeover.errors())
              .setChallengerErrors(takeover.challengerErrors()));
    }
    return message.build();
  }

  private static io.streamgrad.v1.Drift drift(Drift drift) {
    return io.streamgrad.v1.Drift.newBuilder()
        .setDetector(io.streamgrad.v1.Drift.Detector.valueOf("DETECTOR_" + drift.detector().name()))
        .setImagesBefore(drift.imagesBefore())
        .setErrorBefore(drift.errorBefore())
        .setImagesSince(drift.imagesSince())
        .setErrorSince(drift.errorSince())
        .setImagesForgotten(drift.imagesForgotten())
        .setAverageRestarted(drift.averageRestarted())
        .setRateBoosted(drift.response() == Response.BOOST_RATE)
        .setChallengerBegun(drift.response() == Response.CHALLENGER)
        .setChallengerFromArchive(drift.fromArchive())
        .build();
  }

  private static Score score(ScoreSnapshot score) {
    Score.Builder message =
        Score.newBuilder()
            .setImages(score.images())
            .setBatches(score.batches())
            .setCorrect(score.correct())
            .setAccuracy(score.accuracy())
            .setMeanLoss(score.meanLoss());
    for (long count : score.confusion()) {
      message.addConfusion(count);
    }
    for (int c = 0; c < score.classes(); c++) {
      message.addPrecisionByClass(score.precision(c));
      message.addRecallByClass(score.recall(c));
    }
    return message.build();
  }
}
