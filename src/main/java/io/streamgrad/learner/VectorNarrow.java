package io.streamgrad.learner;

import static io.streamgrad.learner.VectorKernel.SPECIES;
import static io.streamgrad.learner.VectorKernel.WIDTH;

import jdk.incubator.vector.FloatVector;

/**
 * The products of a layer of no more than {@value Kernel#LANES} inputs, whose rows are one logical
 * vector each:
 *
 * <pre>
 *   Z[i][o]  = sum over c of X[i][c] W[o][c]    each term in its lane: vectors along o, one for a c
 *   dX[i][c] = sum over o of dZ[i][o] W[o][c]   vectors along c
 * </pre>
 */
final class VectorNarrow {
  private static final int LANES = Kernel.LANES;

  // In padded rows: (inputs, outputs) forward, (outputs, inputs) backward.
  private float[] weights = {};
  private float[] biases = {}; // (outputs), a padded row

  /**
   * The forward step. Where the lanes are vectors, their sums cost no more than the products. Terms
   * that are missing are zeros in both copies.
   */
  void affine(float[] x, float[] w, float[] b, int images, int inputs, int outputs, float[] z) {
    int row = PaddedRows.length(outputs);
    weights = PaddedRows.transposed(w, outputs, inputs, weights);
    biases = PaddedRows.of(b, 1, outputs, biases);
    for (int i = 0; i < images; i++) {
      for (int o = 0; o < row; o += WIDTH) {
        dots(x, i * LANES, weights, biases, o, row, z, i * row + o);
      }
    }
  }

  /**
   * The outputs from o on that a vector holds, of one image. That the lanes start at +0 shows only
   * in the sign of a sum that is zero, so +0 is added last, once.
   */
  private static void dots(
      float[] x, int at, float[] w, float[] b, int o, int row, float[] z, int to) {
    FloatVector s0 = product(x, at, w, o).add(product(x, at + 8, w, o + 8 * row));
    FloatVector s1 = product(x, at + 1, w, o + row).add(product(x, at + 9, w, o + 9 * row));
    FloatVector s2 = product(x, at + 2, w, o + 2 * row).add(product(x, at + 10, w, o + 10 * row));
    FloatVector s3 = product(x, at + 3, w, o + 3 * row).add(product(x, at + 11, w, o + 11 * row));
    FloatVector s4 = product(x, at + 4, w, o + 4 * row).add(product(x, at + 12, w, o + 12 * row));
    FloatVector s5 = product(x, at + 5, w, o + 5 * row).add(product(x, at + 13, w, o + 13 * row));
    FloatVector s6 = product(x, at + 6, w, o + 6 * row).add(product(x, at + 14, w, o + 14 * row));
    FloatVector s7 = product(x, at + 7, w, o + 7 * row).add(product(x, at + 15, w, o + 15 * row));
    FloatVector even = s0.add(s4).add(s2.add(s6));
    FloatVector sum = even.add(s1.add(s5).add(s3.add(s7))).add(0f);
    sum.add(FloatVector.fromArray(SPECIES, b, o)).intoArray(z, to);
  }

  private static FloatVector product(float[] x, int at, float[] w, int o) {
    return FloatVector.fromArray(SPECIES, w, o).mul(x[at]);
  }

  /** The backward step: four images at a time, as each sum waits for its last multiply-add. */
  void inputGradient(float[] dz, float[] w, int images, int inputs, int outputs, float[] dx) {
    weights = PaddedRows.of(w, outputs, inputs, weights);
    int last = images - 1;
    for (int i = 0; i < images; i += 4) {
      int j = Math.min(i + 1, last);
      int k = Math.min(i + 2, last);
      int l = Math.min(i + 3, last);
      for (int c = 0; c < LANES; c += WIDTH) {
        sums(dz, PaddedRows.length(outputs), weights, c, outputs, dx, i, j, k, l);
      }
    }
  }

  private static void sums(
      float[] dz, int row, float[] w, int c, int outputs, float[] dx, int i, int j, int k, int l) {
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector si = zero, sj = zero, sk = zero, sl = zero;
    for (int o = 0; o < outputs; o++) {
      FloatVector v = FloatVector.fromArray(SPECIES, w, o * LANES + c);
      si = v.fma(FloatVector.broadcast(SPECIES, dz[i * row + o]), si);
      sj = v.fma(FloatVector.broadcast(SPECIES, dz[j * row + o]), sj);
      sk = v.fma(FloatVector.broadcast(SPECIES, dz[k * row + o]), sk);
      sl = v.fma(FloatVector.broadcast(SPECIES, dz[l * row + o]), sl);
    }
    si.intoArray(dx, i * LANES + c);
    sj.intoArray(dx, j * LANES + c);
    sk.intoArray(dx, k * LANES + c);
    sl.intoArray(dx, l * LANES + c);
  }
}
