package io.streamgrad.model;

/**
 * A learning rate that is higher for a while after drift was found: {@value #FACTOR} times as high,
 * and falling back to what it is otherwise over {@value #UPDATES} updates, by equal steps.
 */
final class RateBoost {
  /** What the rate is multiplied by at first. */
  static final double FACTOR = 3;

  /** Updates until it is as it was. */
  static final int UPDATES = 500;

  private RateBoost() {}

  /** What the rate is multiplied by after so many updates. */
  static double after(long updates) {
    double left = Math.max(0, UPDATES - Math.max(0, updates));
    return 1 + (FACTOR - 1) * left / UPDATES;
  }
}
