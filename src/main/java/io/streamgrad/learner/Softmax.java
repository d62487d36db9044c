package io.streamgrad.learner;

/** The output layer: probabilities from logits, in place, with the same bits everywhere. */
@SuppressWarnings("FloatingPointLiteralPrecision") // the constants as they were published
final class Softmax {
  // exp(x) = 2^n exp(r), r = x - n ln 2, |r| <= ln 2 / 2; the polynomial and the two-part ln 2 are
  // those of expf in the Cephes library (Moshier). Math.exp promises no fixed bits, and
  // StrictMath.exp takes as long as the rest of a step.
  private static final float LOG2_E = 1.44269504f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;
  private static final float ROUND = 0x1.8p23f; // adding and subtracting it rounds to an integer
  private static final float SMALLEST = -87f; // below, exp is left at 0 and not subnormal

  private Softmax() {}

  /**
   * Turns a row of logits into probabilities.
   *
   * @return the sum of the exponentials, once the largest logit is subtracted: the cross-entropy of
   *     class c, in nats, is its logarithm minus (logit c - largest logit)
   */
  static float probabilities(float[] z, int from, int classes) {
    float max = z[from];
    for (int c = 1; c < classes; c++) {
      max = Math.max(max, z[from + c]);
    }
    float sum = 0;
    for (int c = 0; c < classes; c++) {
      float e = exp(z[from + c] - max);
      z[from + c] = e;
      sum += e;
    }
    for (int c = 0; c < classes; c++) {
      z[from + c] /= sum;
    }
    return sum;
  }

  /** e to the power of x for x at most 0 (NaN gives NaN); relative error below 1.2e-7. */
  static float exp(float x) {
    if (x < SMALLEST) {
      return 0f;
    }
    float n = Math.fma(x, LOG2_E, ROUND) - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
    float p = 1.9875691500e-4f;
    p = Math.fma(p, r, 1.3981999507e-3f);
    p = Math.fma(p, r, 8.3334519073e-3f);
    p = Math.fma(p, r, 4.1665795894e-2f);
    p = Math.fma(p, r, 1.6666665459e-1f);
    p = Math.fma(p, r, 5.0000001201e-1f);
    float y = Math.fma(p, r * r, r) + 1f;
    return y * Float.intBitsToFloat(((int) n + 127) << 23);
  }
}
