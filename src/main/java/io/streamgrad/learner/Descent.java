package io.streamgrad.learner;

import io.streamgrad.kernel.Kernel;
import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.OptimizerSpec;
import io.streamgrad.model.Parameters;
import java.util.Objects;
import org.ejml.data.FMatrixRMaj;

/**
 * Plain gradient descent with averaged weights, as the service does it by default: gradient, norm,
 * update and average of a tensor at once, to the bits of {@link BackwardPass}, {@link Optimizer}
 * and average one after the other.
 *
 * <p>The gradient's norm is then known when it has been applied. That it is not too large must be
 * known before, by {@link #normAtMost}.
 */
final class Descent {
  /** More than all roundings of a norm together. */
  private static final double ROUNDED = 2;

  private final boolean configured;
  private final Kernel kernel;
  private final Scratch scratch;
  private final ForwardPass forward;
  private final BackwardPass backward;

  Descent(
      OptimizerSpec config,
      Kernel kernel,
      Scratch scratch,
      ForwardPass forward,
      BackwardPass backward) {
    configured =
        config.type() == OptimizerSpec.Type.SGD
            && config.weightDecay() == 0
            && config.clipNorm() == 0;
    this.kernel = kernel;
    this.scratch = scratch;
    this.forward = forward;
    this.backward = backward;
  }

  /** Whether this is how the model learns: without clipping, decay and moments. */
  boolean fits(ModelState state) {
    return configured && state.average() != null;
  }

  /**
   * A bound of the gradient's norm, by the largest delta and the largest input of each layer; not
   * finite if one of them is not. Of a training that goes well it is some 100 times the norm.
   */
  double normAtMost(ModelState state, MiniBatch batch) {
    double squares = 0;
    for (int layer = 0; layer < state.parameters().depth(); layer++) {
      int inputs = state.parameters().weights(layer).numCols;
      int outputs = state.parameters().weights(layer).numRows;
      boolean pixels = layer == 0 && atMostOne(state);
      float[] a = scratch.activation(layer);
      double input = pixels ? 1 : kernel.largest(a, PaddedRows.size(batch.images(), inputs));
      double delta =
          kernel.largest(scratch.delta(layer + 1), PaddedRows.size(batch.images(), outputs));
      double element = batch.images() * delta * Math.max(input, 1); // 1 is the biases' input
      squares += element * element * (inputs + 1) * outputs;
    }
    return ROUNDED * Math.sqrt(squares);
  }

  /** Whether inputs are between -1 and 1: pixels, also less their means. */
  private static boolean atMostOne(ModelState state) {
    return state.statistics() == null || state.statistics().centerOnly();
  }

  /**
   * Updates weights and average, where the deltas of this batch are in the scratch.
   *
   * @param share of the weights in the new average
   * @return the Euclidean norm of the gradient
   */
  double step(ModelState state, MiniBatch batch, float rate, float share) {
    Parameters parameters = state.parameters();
    Parameters average = Objects.requireNonNull(state.average());
    double squares = 0;
    for (int layer = 0; layer < parameters.depth(); layer++) {
      float[] w = parameters.weights(layer).data;
      float[] mean = average.weights(layer).data;
      backward.biasGradient(layer, batch);
      squares += weights(state, layer, batch, rate, w, share, mean);
      float[] db = scratch.gradient().biases(layer).data;
      float[] b = parameters.biases(layer).data;
      squares += kernel.descend(db, rate, b, share, average.biases(layer).data);
    }
    return Math.sqrt(squares);
  }

  private float weights(
      ModelState state,
      int layer,
      MiniBatch batch,
      float rate,
      float[] w,
      float share,
      float[] mean) {
    FMatrixRMaj dw = scratch.gradient().weights(layer);
    float[] means = layer == 0 ? ForwardPass.means(state) : null;
    if (batch.images() == 1) {
      float[] dz = scratch.delta(layer + 1);
      float[] x = forward.activation(state, layer, batch);
      int inputs = dw.numCols;
      return means == null
          ? kernel.descendByOne(dz, x, inputs, dw.numRows, rate, w, share, mean)
          : kernel.descendCenteredByOne(dz, x, means, inputs, dw.numRows, rate, w, share, mean);
    }
    backward.weightGradient(state, layer, batch);
    if (means != null) {
      float[] db = scratch.gradient().biases(0).data;
      int inputs = dw.numCols;
      return kernel.descendCentered(dw.data, db, means, inputs, dw.numRows, rate, w, share, mean);
    }
    return kernel.descend(dw.data, rate, w, share, mean);
  }
}
