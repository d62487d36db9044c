package io.streamgrad.model;

/**
 * How a gradient becomes an update. Values that a type does not use are ignored by it. They are
 * used as floats: the ranges are such that none becomes 0, 1 or infinite there.
 *
 * @param type the update rule
 * @param momentum share of the velocity that is kept, in [0, 0.999999]; MOMENTUM and NESTEROV
 * @param beta1 decay of the first moment, in [0, 0.999999]; ADAM and ADAMW
 * @param beta2 decay of the second moment, in [0, 0.999999]; ADAM and ADAMW
 * @param epsilon added to the root of the second moment, in [1e-30, 1e6]; ADAM and ADAMW
 * @param weightDecay L2 penalty added to the gradient, decoupled for ADAMW, in [1e-30, 1000]; 0 for
 *     none
 * @param clipNorm gradients of a larger Euclidean norm are scaled down to it, in [1e-12, 1e18]; 0
 *     for no clipping
 */
public record OptimizerSpec(
    Type type,
    double momentum,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double clipNorm) {

  /** The update rules. */
  public enum Type {
    SGD(0),
    MOMENTUM(1),
    NESTEROV(1),
    ADAM(2),
    ADAMW(2);

    private final int moments;

    Type(int moments) {
      this.moments = moments;
    }

    /** How many moments of the parameters' shape the rule keeps. */
    public int moments() {
      return moments;
    }
  }

  public OptimizerSpec {
    SpecException.unlessDecay(momentum, "momentum");
    SpecException.unlessDecay(beta1, "beta1");
    SpecException.unlessDecay(beta2, "beta2");
    SpecException.unless(epsilon >= 1e-30 && epsilon <= 1e6, "epsilon", epsilon, "1e-30 to 1e6");
    SpecException.unless(
        weightDecay == 0 || (weightDecay >= 1e-30 && weightDecay <= 1000),
        "weight-decay",
        weightDecay,
        "0 (none), or 1e-30 to 1000");
    SpecException.unless(
        clipNorm == 0 || (clipNorm >= 1e-12 && clipNorm <= 1e18),
        "clip-norm",
        clipNorm,
        "0 (off), or 1e-12 to 1e18");
  }
}
