package io.streamgrad.format.exchange;

import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;

/** Which of a model's weights. */
public enum Weights {
  /** Their exponential moving average. */
  AVERAGED {
    @Override
    Parameters of(ModelState state) {
      Parameters average = state.average();
      if (average == null) {
        throw new IllegalStateException(
            "the model has no averaged weights (its averaging is 0): only plain ones");
      }
      return average;
    }
  },

  /** Those that gradients are applied to. */
  PLAIN {
    @Override
    Parameters of(ModelState state) {
      return state.parameters();
    }
  };

  /**
   * These weights of a state; not a copy.
   *
   * @throws IllegalStateException if it has none
   */
  abstract Parameters of(ModelState state);

  /** Those that a state predicts with. */
  static Weights predicting(ModelState state) {
    return state.average() != null ? AVERAGED : PLAIN;
  }
}
