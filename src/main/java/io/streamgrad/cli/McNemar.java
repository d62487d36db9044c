package io.streamgrad.cli;

import java.util.Locale;

/**
 * McNemar's test of whether two models err equally often, by the images that one of them alone was
 * right about (McNemar 1947; Dietterich 1998, "Approximate Statistical Tests").
 *
 * <p>Where these are fewer than 25 it is exact, two-sided, by the binomial distribution; otherwise
 * by chi-squared of one degree of freedom, with continuity correction (Edwards 1948).
 *
 * @param first images that the first model alone was right about
 * @param second the same of the second
 */
record McNemar(long first, long second) {
  private static final int FEW = 25;

  private boolean isExact() {
    return first + second < FEW;
  }

  /** Chi-squared, with continuity correction. */
  double statistic() {
    double distance = Math.max(0, Math.abs(first - second) - 1);
    return distance * distance / (first + second);
  }

  /** The probability of a difference as large, if both err equally often. */
  double p() {
    return isExact() ? exact() : complementOfErf(Math.sqrt(statistic() / 2));
  }

  private double exact() {
    long n = first + second;
    double term = Math.pow(0.5, (double) n); // n over k, times that
    double tail = term;
    for (long k = 1; k <= Math.min(first, second); k++) {
      term *= (double) (n - k + 1) / k;
      tail += term;
    }
    return Math.min(1, 2 * tail);
  }

  /**
   * erfc of a number that is not negative, by a Chebyshev fit (Press et al., Numerical Recipes).
   */
  private static double complementOfErf(double x) {
    double t = 1 / (1 + x / 2);
    double sum = 0.17087277;
    for (double coefficient : FIT) {
      sum = coefficient + t * sum;
    }
    return t * Math.exp(-x * x + sum);
  }

  /** Of relative error below 1.2e-7, the highest power but one first. */
  private static final double[] FIT = {
    -0.82215223,
    1.48851587,
    -1.13520398,
    0.27886807,
    -0.18628806,
    0.09678418,
    0.37409196,
    1.00002368,
    -1.26551223
  };

  /** For a person. */
  @Override
  public String toString() {
    return isExact()
        ? String.format(Locale.ROOT, "p = %.3g, exact by the binomial distribution", p())
        : String.format(
            Locale.ROOT, "p = %.3g, chi-squared %.3f with continuity correction", p(), statistic());
  }
}
