package io.streamgrad.learner;

import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.Challenger;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;

/** What a model's challenger does with a batch that the model has just learned from. */
final class ChallengerSteps {
  private final GradientStep step;
  private final ForwardPass forward;
  private final Bounds bounds;

  ChallengerSteps(GradientStep step, ForwardPass forward, Bounds bounds) {
    this.step = step;
    this.forward = forward;
    this.bounds = bounds;
  }

  /**
   * Predicts the batch, compares, and learns from it, where the model has a challenger.
   *
   * @param prediction the model's, before it learned from the batch
   */
  void take(ModelState state, MiniBatch batch, Prediction prediction, double rate) {
    Challenger challenger = state.drift().challenger();
    if (challenger != null) {
      challenger.model().keepAverage(state.average() != null);
      compare(challenger, batch, prediction);
      challenger.model().progress().version = state.version();
      learn(state, batch, rate);
    }
  }

  /** Learns from a batch, where the model has a challenger; one that can't is dropped. */
  void learn(ModelState state, MiniBatch batch, double rate) {
    Challenger challenger = state.drift().challenger();
    if (challenger != null) {
      ModelState model = challenger.model();
      if (step.prepare(model, batch, rate, false)) {
        step.take(model, batch, rate, model.version());
        if (bounds.mayExplode(step.norm(), rate) && !bounds.allow(model.parameters())) {
          state.drift().dropChallenger();
        }
      } else {
        state.drift().dropChallenger();
      }
    }
  }

  private void compare(Challenger challenger, MiniBatch batch, Prediction prediction) {
    ModelState model = challenger.model();
    float[] logits = forward.logits(model, model.predicting(), batch);
    int classes = model.parameters().layers().get(model.parameters().depth());
    for (int i = 0; i < batch.images(); i++) {
      int predicted = Learner.largest(logits, i * PaddedRows.length(classes), classes);
      int label = batch.label(i);
      challenger.compare(prediction.classes()[i] == label, predicted == label);
    }
  }
}
