package io.streamgrad.model;

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
public record LearningRateSpec(
    Schedule schedule, double initial, long warmupUpdates, long decayUpdates, double decayFactor) {

  /** How the rate falls. */
  public enum Schedule {
    CONSTANT,
    INVERSE_SQRT,
    STEP
  }

  public LearningRateSpec {
    SpecException.unless(initial >= 1e-30 && initial <= 1e6, "initial", initial, "1e-30 to 1e6");
    SpecException.unless(warmupUpdates >= 0, "warmup-updates", warmupUpdates, "0 or above");
    SpecException.unless(decayUpdates > 0, "decay-updates", decayUpdates, "1 or above");
    SpecException.unless(
        decayFactor > 0 && decayFactor <= 1, "decay-factor", decayFactor, "in (0, 1]");
  }

  /** The rate of update {@code t}, counted from 0; the same bits everywhere. */
  public double at(long t) {
    double scheduled =
        switch (schedule) {
          case CONSTANT -> initial;
          case INVERSE_SQRT -> initial / Math.sqrt(1 + (double) t / decayUpdates);
          case STEP -> {
            long steps = t / decayUpdates;
            yield initial * StrictMath.pow(decayFactor, (double) steps);
          }
        };
    return t < warmupUpdates ? scheduled * (t + 1) / warmupUpdates : scheduled;
  }
}
