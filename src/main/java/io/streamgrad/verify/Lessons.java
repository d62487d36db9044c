package io.streamgrad.verify;

import io.streamgrad.learner.Learner;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import org.jspecify.annotations.Nullable;

/** How labeled images are learned: with each record, or together once there are enough. */
final class Lessons {
  private Lessons() {}

  /**
   * Learns from labeled images, or keeps them for others to come; nothing while the model is
   * paused.
   *
   * @param prediction of them by the weights as they are; null if there is none
   * @param evaluation of it
   * @param timestamp of the record by which they can be learned, milliseconds
   */
  static UpdateOutcome take(
      Learner learner,
      ModelState state,
      MiniBatch lesson,
      @Nullable Prediction prediction,
      @Nullable Evaluation evaluation,
      long timestamp) {
    if (state.control().paused()) {
      return UpdateOutcome.IGNORED;
    }
    UpdateOutcome outcome = UpdateOutcome.WAITING;
    MiniBatch overdue = state.overdue(timestamp, learner.spec().batchWait());
    if (overdue != null) {
      outcome = learn(learner, state, overdue);
    }
    MiniBatch full = state.gather(lesson, learner.spec().batchSize(), timestamp);
    if (full != null) {
      boolean alone = full.equals(lesson) && overdue == null;
      UpdateOutcome last =
          alone && prediction != null && evaluation != null
              ? learner.learn(state, lesson, prediction, evaluation)
              : learn(learner, state, full);
      outcome = last.compareTo(outcome) > 0 ? last : outcome;
    }
    return outcome;
  }

  private static UpdateOutcome learn(Learner learner, ModelState state, MiniBatch batch) {
    Prediction now = learner.predict(state, batch);
    return learner.learn(state, batch, now, Evaluation.of(now, batch));
  }
}
