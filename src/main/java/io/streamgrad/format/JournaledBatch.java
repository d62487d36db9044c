package io.streamgrad.format;

import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.UpdateOutcome;

/**
 * A batch that a model has learned from: enough to learn from it again, and to see that the same
 * comes of it.
 *
 * @param batch with its labels; its bytes must not change any more
 * @param lineage of the model after it
 * @param newWindow whether a new report window begins after it
 * @param result of learning from it
 */
public record JournaledBatch(
    MiniBatch batch, Lineage lineage, boolean newWindow, JournaledBatch.Result result) {

  /**
   * What comes of learning. Two of them are equal if all numbers have the same bits; the loss, the
   * gradient and the learning rate tell of what led to an update, the sample of the update itself.
   *
   * @param outcome of the batch
   * @param loss the sum over its images
   * @param gradientNorm of the last update that was tried
   * @param learningRate of the last update that was applied
   * @param version of the model after the batch
   * @param sample of its numbers after the batch, {@link ModelState#sample}
   */
  public record Result(
      UpdateOutcome outcome,
      double loss,
      double gradientNorm,
      double learningRate,
      long version,
      int sample) {

    /** Of the batch that a state has just learned from. */
    public static Result of(UpdateOutcome outcome, Evaluation evaluation, ModelState after) {
      ModelState.Progress progress = after.progress();
      return new Result(
          outcome,
          evaluation.lossSum(),
          progress.gradientNorm,
          progress.learningRate,
          progress.version,
          after.sample());
    }
  }
}
