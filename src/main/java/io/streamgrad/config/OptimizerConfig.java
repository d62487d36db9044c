package io.streamgrad.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * How a gradient becomes an update. Values that a type does not use are ignored by it.
 *
 * @param type the update rule
 * @param momentum share of the velocity that is kept, in [0, 1); MOMENTUM and NESTEROV
 * @param beta1 decay of the first moment, in [0, 1); ADAM and ADAMW
 * @param beta2 decay of the second moment, in [0, 1); ADAM and ADAMW
 * @param epsilon added to the root of the second moment, above 0; ADAM and ADAMW
 * @param weightDecay L2 penalty added to the gradient, decoupled for ADAMW; 0 for none
 * @param clipNorm gradients of a larger Euclidean norm are scaled down to it; 0 for no clipping
 */
public record OptimizerConfig(
    Type type,
    double momentum,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double clipNorm) {

  /** The update rules. */
  public enum Type {
    @JsonProperty("sgd")
    SGD(0),
    @JsonProperty("momentum")
    MOMENTUM(1),
    @JsonProperty("nesterov")
    NESTEROV(1),
    @JsonProperty("adam")
    ADAM(2),
    @JsonProperty("adamw")
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

  public OptimizerConfig {
    Check.that(momentum >= 0 && momentum < 1, "model.optimizer.momentum", momentum, "in [0, 1)");
    Check.that(beta1 >= 0 && beta1 < 1, "model.optimizer.beta1", beta1, "in [0, 1)");
    Check.that(beta2 >= 0 && beta2 < 1, "model.optimizer.beta2", beta2, "in [0, 1)");
    Check.that(
        epsilon > 0 && Double.isFinite(epsilon), "model.optimizer.epsilon", epsilon, "above 0");
    Check.that(
        weightDecay >= 0 && Double.isFinite(weightDecay),
        "model.optimizer.weight-decay",
        weightDecay,
        "0 or above");
    Check.that(
        clipNorm >= 0 && Double.isFinite(clipNorm),
        "model.optimizer.clip-norm",
        clipNorm,
        "0 (off) or above");
  }
}
