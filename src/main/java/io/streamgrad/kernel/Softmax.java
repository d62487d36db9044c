package io.streamgrad.kernel;

/** The output layer: probabilities from logits, in place, with the same bits everywhere. */
@SuppressWarnings("FloatingPointLiteralPrecision") // the constants as they were published
final class Softmax {
  // exp(x) = 2^n exp(r), r = x - n ln 2, |r| <= ln 2 / 2; the polynomial and the two-part ln 2 are
  // those of expf in the Cephes library (Moshier). Math.exp promises no fixed bits, and
  // StrictMath.exp takes as long as the rest of a step.
  static final float LOG2_E = 1.44269504f;
  static final float LN2_HIGH = 0.693359375f;
  static final float LN2_LOW = -2.12194440e-4f;
  static final float P0 = 5.0000001201e-1f;
  static final float P1 = 1.6666665459e-1f;
  static final float P2 = 4.1665795894e-2f;
  static final float P3 = 8.3334519073e-3f;
  static final float P4 = 1.3981999507e-3f;
  static final float P5 = 1.9875691500e-4f;
  static final float ROUND = 0x1.8p23f; // adding and subtracting it rounds to an integer
  static final float SMALLEST = -87f; // below, exp is left at 0 and not subnormal

  private Softmax() {}

  /**
   * Turns logits into probabilities, in the order that every kernel keeps.
   *
   * @param z (images, classes), padded rows
   * @param sums (images), overwritten: the sum of each row's exponentials, once its largest logit
   *     is subtracted. The cross-entropy of class c, in nats, is the logarithm of the sum minus
   *     (logit c - largest logit)
   */
  static void probabilities(float[] z, int images, int classes, float[] sums) {
    for (int i = 0; i < images; i++) {
      int row = i * PaddedRows.length(classes);
      float max = z[row];
      for (int c = 1; c < classes; c++) {
        max = Math.max(max, z[row + c]);
      }
      float sum = 0;
      for (int c = 0; c < classes; c++) {
        z[row + c] = exp(z[row + c] - max);
        sum += z[row + c];
      }
      for (int c = 0; c < classes; c++) {
        z[row + c] /= sum;
      }
      sums[i] = sum;
    }
  }

  /** e to the power of x for x at most 0 (NaN gives NaN); relative error below 1.2e-7. */
  static float exp(float x) {
    if (x < SMALLEST) {
      return 0f;
    }
    // VectorSoftmax has the same operations.
    float n = Math.fma(x, LOG2_E, ROUND) - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
    float p = P5;
    p = Math.fma(p, r, P4);
    p = Math.fma(p, r, P3);
    p = Math.fma(p, r, P2);
    p = Math.fma(p, r, P1);
    p = Math.fma(p, r, P0);
    float y = Math.fma(p, r * r, r) + 1f;
    return y * Float.intBitsToFloat(((int) n + 127) << 23);
  }
}
