package io.streamgrad.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SoftmaxTest {
  /** Turns logits into probabilities; returns the rows' sums. */
  static float[] softmax(float[] z, int rows) {
    int classes = z.length / rows;
    float[] sums = new float[rows];
    float[] padded = PaddedRows.of(z, rows, classes, new float[0]);
    Kernels.create().softmax(padded, rows, classes, sums);
    PaddedRows.unpad(padded, rows, classes, z);
    return sums;
  }

  @Test
  void hugeLogitsGiveProbabilities() {
    float[] z = {3e38f, -3e38f, 3e38f};

    softmax(z, 1);

    assertThat(z).containsExactly(0.5f, 0f, 0.5f);
  }

  @Test
  void theSumIsWithoutTheLargest() {
    float[] z = {1f, 2f, 3f};

    float sum = softmax(z, 1)[0];

    assertThat(sum).isCloseTo((float) (1 + Math.exp(-1) + Math.exp(-2)), Offset.offset(1e-6f));
    assertThat(z[0] + z[1] + z[2]).isCloseTo(1f, Offset.offset(1e-6f));
  }

  @Test
  void theExponentialIsWithinItsBoundOverItsWholeRange() {
    for (double x = -87; x <= 0; x += 1e-3) {
      double exact = StrictMath.exp((float) x);
      assertThat(Math.abs(Softmax.exp((float) x) - exact) / exact).isLessThan(1.2e-7);
    }
    assertThat(Softmax.exp(Float.NEGATIVE_INFINITY)).isZero();
    assertThat(Softmax.exp(Float.NaN)).isNaN();
  }
}
