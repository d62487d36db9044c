package io.streamgrad.learner;

import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;

/** All that comes of a labeled batch, in its order. */
public final class Steps {
  private Steps() {}

  /** Predicts, scores and learns. */
  public static UpdateOutcome take(Learner learner, ModelState state, MiniBatch batch) {
    return learn(learner, state, batch, learner.predict(state, batch));
  }

  /** Scores and learns. */
  public static UpdateOutcome learn(
      Learner learner, ModelState state, MiniBatch batch, Prediction prediction) {
    Evaluation evaluation = Evaluation.of(prediction, batch);
    state.count(batch, prediction, evaluation);
    return learner.learn(state, batch, prediction, evaluation);
  }
}
