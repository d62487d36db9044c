package io.streamgrad.learner;

import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import org.jspecify.annotations.Nullable;

/**
 * A step down the gradient of one batch: weights, moments and average. First it is {@linkplain
 * #prepare prepared}, which says whether it may be taken, and then taken.
 */
final class GradientStep {
  private final ModelSpec spec;
  private final Scratch scratch;
  private final ForwardPass forward;
  private final BackwardPass backward;
  private final Optimizer optimizer;
  private final Descent descent;
  private final Bounds bounds;
  private boolean atOnce;
  private double norm;

  GradientStep(
      ModelSpec spec,
      Scratch scratch,
      ForwardPass forward,
      BackwardPass backward,
      Optimizer optimizer,
      Descent descent,
      Bounds bounds) {
    this.spec = spec;
    this.scratch = scratch;
    this.forward = forward;
    this.backward = backward;
    this.optimizer = optimizer;
    this.descent = descent;
    this.bounds = bounds;
  }

  /**
   * Computes what the step needs, with the weights as they are.
   *
   * @param only to know the gradient's norm: the step will not be taken
   * @return whether it leaves weights that may still predict
   */
  boolean prepare(ModelState state, MiniBatch batch, double rate, boolean only) {
    forward.require(state, state.parameters(), batch); // averaged weights may have predicted
    backward.deltas(state.parameters(), batch);
    atOnce = !only && descent.fits(state) && bounds.allow(descent.normAtMost(state, batch), rate);
    if (atOnce) {
      return true;
    }
    backward.gradient(state, batch);
    norm = bounds.norm(scratch.gradient());
    return bounds.allow(norm, rate);
  }

  /**
   * Takes the step.
   *
   * @param t its number, counted from 1
   */
  void take(ModelState state, MiniBatch batch, double rate, long t) {
    float share = share(t - state.averageSince());
    if (atOnce) {
      norm = descent.step(state, batch, (float) rate, share);
    } else {
      optimizer.apply(state.parameters(), scratch.gradient(), norm, state.moments(), rate, t);
      average(state.average(), state.parameters(), share);
    }
    forward.forget();
  }

  /** The Euclidean norm of the gradient of the last step, or of one that may not be taken. */
  double norm() {
    return norm;
  }

  /**
   * The share of the new weights in the exponential average. Its decay grows with the number t of
   * updates, since it began, up to the configured one: min(d, (1 + t) / (10 + t)), so that the
   * untrained weights of the start are soon forgotten (the rule of TensorFlow's
   * ExponentialMovingAverage with num_updates).
   */
  private float share(long t) {
    return (float) Math.max(1 - spec.averaging(), 9 / (10.0 + t));
  }

  private static void average(@Nullable Parameters average, Parameters parameters, float share) {
    if (average == null) {
      return;
    }
    for (int i = 0; i < average.tensors().size(); i++) {
      float[] mean = average.tensors().get(i).data;
      float[] w = parameters.tensors().get(i).data;
      for (int k = 0; k < mean.length; k++) {
        mean[k] = Math.fma(share, w[k] - mean[k], mean[k]);
      }
    }
  }
}
