package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

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
    FloatVector s0 = fromArray(SPECIES, w, o).mul(x[at]);
    FloatVector s1 = fromArray(SPECIES, w, o + row).mul(x[at + 1]);
    FloatVector s2 = fromArray(SPECIES, w, o + 2 * row).mul(x[at + 2]);
    FloatVector s3 = fromArray(SPECIES, w, o + 3 * row).mul(x[at + 3]);
    FloatVector s4 = fromArray(SPECIES, w, o + 4 * row).mul(x[at + 4]);
    FloatVector s5 = fromArray(SPECIES, w, o + 5 * row).mul(x[at + 5]);
    FloatVector s6 = fromArray(SPECIES, w, o + 6 * row).mul(x[at + 6]);
    FloatVector s7 = fromArray(SPECIES, w, o + 7 * row).mul(x[at + 7]);
    s0 = s0.add(fromArray(SPECIES, w, o + 8 * row).mul(x[at + 8]));
    s1 = s1.add(fromArray(SPECIES, w, o + 9 * row).mul(x[at + 9]));
    s2 = s2.add(fromArray(SPECIES, w, o + 10 * row).mul(x[at + 10]));
    s3 = s3.add(fromArray(SPECIES, w, o + 11 * row).mul(x[at + 11]));
    s4 = s4.add(fromArray(SPECIES, w, o + 12 * row).mul(x[at + 12]));
    s5 = s5.add(fromArray(SPECIES, w, o + 13 * row).mul(x[at + 13]));
    s6 = s6.add(fromArray(SPECIES, w, o + 14 * row).mul(x[at + 14]));
    s7 = s7.add(fromArray(SPECIES, w, o + 15 * row).mul(x[at + 15]));
    FloatVector even = s0.add(s4).add(s2.add(s6));
    FloatVector sum = even.add(s1.add(s5).add(s3.add(s7))).add(0f);
    sum.add(fromArray(SPECIES, b, o)).intoArray(z, to);
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
      FloatVector v = fromArray(SPECIES, w, o * LANES + c);
      si = v.fma(broadcast(SPECIES, dz[i * row + o]), si);
      sj = v.fma(broadcast(SPECIES, dz[j * row + o]), sj);
      sk = v.fma(broadcast(SPECIES, dz[k * row + o]), sk);
      sl = v.fma(broadcast(SPECIES, dz[l * row + o]), sl);
    }
    si.intoArray(dx, i * LANES + c);
    sj.intoArray(dx, j * LANES + c);
    sk.intoArray(dx, k * LANES + c);
    sl.intoArray(dx, l * LANES + c);
  }
}
