package io.streamgrad.learner;

import io.streamgrad.config.LearningRateConfig;

/** The step size as a function of the updates already applied; the same bits everywhere. */
final class LearningRate {
  private LearningRate() {}

  /** The rate of update {@code t}, counted from 0. */
  static double at(LearningRateConfig config, long t) {
    double scheduled =
        switch (config.schedule()) {
          case CONSTANT -> config.initial();
          case INVERSE_SQRT -> config.initial() / Math.sqrt(1 + (double) t / config.decayUpdates());
          case STEP -> {
            long steps = t / config.decayUpdates();
            yield config.initial() * StrictMath.pow(config.decayFactor(), (double) steps);
          }
        };
    return t < config.warmupUpdates() ? scheduled * (t + 1) / config.warmupUpdates() : scheduled;
  }
}
