package io.streamgrad.wire;

import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Prediction;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.PredictionBatch;
import org.jspecify.annotations.Nullable;

/**
 * A prediction as it is published. The oracle writes its own ({@code verify.Replay}), on purpose: a
 * fault here is a disagreement there.
 */
public final class PredictionMessage {
  private PredictionMessage() {}

  /**
   * The message.
   *
   * @param incarnation of the model
   * @param evaluation null where the batch has no labels
   * @param probabilities whether it carries the probability of every class
   */
  public static PredictionBatch of(
      String model,
      long incarnation,
      InputPosition input,
      String batchId,
      Prediction prediction,
      @Nullable Evaluation evaluation,
      boolean probabilities) {
    PredictionBatch.Builder message =
        PredictionBatch.newBuilder()
            .setModel(model)
            .setModelVersion(prediction.version())
            .setIncarnation(incarnation)
            .setInput(input)
            .setBatchId(batchId);
    for (int i = 0; i < prediction.images(); i++) {
      message.addClasses(prediction.classes()[i]);
      message.addConfidences(prediction.confidence(i));
    }
    if (probabilities) {
      for (float probability : prediction.probabilities()) {
        message.addProbabilities(probability);
      }
    }
    if (evaluation != null) {
      message.setScore(
          BatchScore.newBuilder()
              .setCorrect(evaluation.correct())
              .setMeanLoss(evaluation.meanLoss()));
    }
    return message.build();
  }
}
