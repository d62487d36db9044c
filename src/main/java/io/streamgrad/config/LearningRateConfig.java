package io.streamgrad.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The step size as a function of the number of updates already applied. No schedule needs to know
 * where the stream ends.
 *
 * @param schedule how the rate falls
 * @param initial the rate at the start (after the warm-up), in [1e-30, 1e6]: it is used as a float
 * @param warmupUpdates over so many updates the rate rises linearly to the scheduled one; 0 for
 *     none
 * @param decayUpdates INVERSE_SQRT: the rate is initial / sqrt(1 + t / decayUpdates); STEP: updates
 *     between two steps; above 0
 * @param decayFactor STEP: the rate is multiplied by it at every step, in (0, 1]
 */
public record LearningRateConfig(
    Schedule schedule, double initial, long warmupUpdates, long decayUpdates, double decayFactor) {

  /** How the rate falls. */
  public enum Schedule {
    @JsonProperty("constant")
    CONSTANT,
    @JsonProperty("inverse-sqrt")
    INVERSE_SQRT,
    @JsonProperty("step")
    STEP
  }

  public LearningRateConfig {
    Check.that(
        initial >= 1e-30 && initial <= 1e6, "model.learning-rate.initial", initial, "1e-30 to 1e6");
    Check.that(
        warmupUpdates >= 0, "model.learning-rate.warmup-updates", warmupUpdates, "0 or above");
    Check.that(decayUpdates > 0, "model.learning-rate.decay-updates", decayUpdates, "1 or above");
    Check.that(
        decayFactor > 0 && decayFactor <= 1,
        "model.learning-rate.decay-factor",
        decayFactor,
        "in (0, 1]");
  }
}
