package io.streamgrad.learner;

import io.streamgrad.kernel.Kernel;
import io.streamgrad.model.OptimizerSpec;
import io.streamgrad.model.Parameters;
import org.ejml.data.FMatrixRMaj;

/** What gradients and weights may be, for a model to go on with them. */
final class Bounds {
  // A norm beyond it is as good as infinite: such a gradient's square nearly is, as a float.
  private static final double LARGEST_GRADIENT = 1e18;

  // Of learning rate times gradient: smaller ones, one after the other, leave weights that are
  // looked at every 64 updates finite in between.
  private static final double SMALL_STEP = 1;

  private final OptimizerSpec optimizer;
  private final Kernel kernel;

  Bounds(OptimizerSpec optimizer, Kernel kernel) {
    this.optimizer = optimizer;
    this.kernel = kernel;
  }

  /** Euclidean norm of all weights and biases; not finite if one of them is not. */
  double norm(Parameters parameters) {
    double sum = 0;
    for (FMatrixRMaj tensor : parameters.tensors()) {
      sum += kernel.sumOfSquares(tensor.data);
    }
    return Math.sqrt(sum);
  }

  /** Whether an update by this gradient leaves weights that may still predict. */
  boolean allow(double gradientNorm, double rate) {
    double clip = optimizer.clipNorm();
    double norm = clip > 0 ? Math.min(clip, gradientNorm) : gradientNorm;
    // "at most" and not "not above": NaN is neither
    return gradientNorm <= LARGEST_GRADIENT && (isAdam() || rate * norm <= Parameters.LARGEST_NORM);
  }

  /** Whether weights are such that may be gone on with. */
  boolean allow(Parameters parameters) {
    return norm(parameters) <= Parameters.LARGEST_NORM;
  }

  /** Whether an update may by itself have left weights as good as infinite. */
  boolean mayExplode(double gradientNorm, double rate) {
    return isAdam() || rate * gradientNorm > SMALL_STEP;
  }

  /** Whether the size of a step does not depend on that of the gradient. */
  private boolean isAdam() {
    return optimizer.type().moments() == 2;
  }
}
