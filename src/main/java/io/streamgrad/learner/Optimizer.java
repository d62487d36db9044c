package io.streamgrad.learner;

import io.streamgrad.model.OptimizerSpec;
import io.streamgrad.model.Parameters;
import java.util.List;
import org.ejml.data.FMatrixRMaj;

/**
 * Applies gradients to parameters, element by element, so that the order of the elements can't
 * show. The formulas are those of PyTorch's optimizers of the same names (torch.optim).
 *
 * <p>A gradient g is first clipped by its norm; then the L2 penalty adds decay * w to it, except
 * for AdamW, where the weights shrink by rate * decay beforehand (Loshchilov and Hutter, "Decoupled
 * Weight Decay Regularization", 2019).
 */
final class Optimizer {
  private final OptimizerSpec config;

  Optimizer(OptimizerSpec config) {
    this.config = config;
  }

  /**
   * One update.
   *
   * @param gradient overwritten
   * @param norm Euclidean norm of the gradient, finite
   * @param moments as many as {@link OptimizerSpec.Type#moments} says, updated
   * @param rate the learning rate
   * @param t the number of this update, counted from 1
   */
  void apply(
      Parameters parameters,
      Parameters gradient,
      double norm,
      List<Parameters> moments,
      double rate,
      long t) {
    float clip =
        config.clipNorm() > 0 && norm > config.clipNorm() ? (float) (config.clipNorm() / norm) : 1f;
    for (int i = 0; i < parameters.tensors().size(); i++) {
      float[] w = parameters.tensors().get(i).data;
      float[] g = gradient.tensors().get(i).data;
      prepare(w, g, clip, (float) rate);
      switch (config.type()) {
        case SGD -> descend(w, g, (float) rate);
        case MOMENTUM -> momentum(w, g, moment(moments, 0, i), (float) rate);
        case NESTEROV -> nesterov(w, g, moment(moments, 0, i), (float) rate);
        case ADAM, ADAMW -> adam(w, g, moment(moments, 0, i), moment(moments, 1, i), rate, t);
      }
    }
  }

  private static float[] moment(List<Parameters> moments, int m, int tensor) {
    FMatrixRMaj matrix = moments.get(m).tensors().get(tensor);
    return matrix.data;
  }

  private void prepare(float[] w, float[] g, float clip, float rate) {
    float decay = (float) config.weightDecay();
    if (clip != 1f) {
      for (int i = 0; i < g.length; i++) {
        g[i] *= clip;
      }
    }
    if (decay != 0f && config.type() == OptimizerSpec.Type.ADAMW) {
      float keep = 1f - rate * decay;
      for (int i = 0; i < w.length; i++) {
        w[i] *= keep;
      }
    } else if (decay != 0f) {
      for (int i = 0; i < g.length; i++) {
        g[i] = Math.fma(decay, w[i], g[i]);
      }
    }
  }

  private static void descend(float[] w, float[] g, float rate) {
    for (int i = 0; i < w.length; i++) {
      w[i] = Math.fma(-rate, g[i], w[i]);
    }
  }

  /** v := mu v + g; w := w - rate v (Polyak, 1964). */
  private void momentum(float[] w, float[] g, float[] v, float rate) {
    float mu = (float) config.momentum();
    for (int i = 0; i < w.length; i++) {
      v[i] = Math.fma(mu, v[i], g[i]);
      w[i] = Math.fma(-rate, v[i], w[i]);
    }
  }

  /** v := mu v + g; w := w - rate (g + mu v) (Nesterov, 1983, as Sutskever et al., 2013). */
  private void nesterov(float[] w, float[] g, float[] v, float rate) {
    float mu = (float) config.momentum();
    for (int i = 0; i < w.length; i++) {
      v[i] = Math.fma(mu, v[i], g[i]);
      w[i] = Math.fma(-rate, Math.fma(mu, v[i], g[i]), w[i]);
    }
  }

  /** Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1. */
  private void adam(float[] w, float[] g, float[] m, float[] v, double rate, long t) {
    float b1 = (float) config.beta1();
    float b2 = (float) config.beta2();
    float step = (float) (rate / (1 - StrictMath.pow(config.beta1(), (double) t)));
    float root = (float) Math.sqrt(1 - StrictMath.pow(config.beta2(), (double) t));
    float epsilon = (float) config.epsilon();
    for (int i = 0; i < w.length; i++) {
      m[i] = Math.fma(1f - b1, g[i] - m[i], m[i]);
      v[i] = Math.fma((1f - b2) * g[i], g[i], b2 * v[i]);
      float denominator = (float) Math.sqrt(v[i]) / root + epsilon;
      w[i] = Math.fma(-step, m[i] / denominator, w[i]);
    }
  }
}
