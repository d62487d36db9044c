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
    for (int o = 0; o < row; o += WIDTH) {
      dots(x, images, weights, biases, o, row, z);
    }
  }

  /**
   * The outputs from o on that a vector holds, whose weights are loaded once for all images. That
   * the lanes start at +0 shows only in the sign of a sum that is zero, so +0 is added last, once.
   */
  private static void dots(float[] x, int images, float[] w, float[] b, int o, int row, float[] z) {
    FloatVector w0 = fromArray(SPECIES, w, o);
    FloatVector w1 = fromArray(SPECIES, w, o + row);
    FloatVector w2 = fromArray(SPECIES, w, o + 2 * row);
    FloatVector w3 = fromArray(SPECIES, w, o + 3 * row);
    FloatVector w4 = fromArray(SPECIES, w, o + 4 * row);
    FloatVector w5 = fromArray(SPECIES, w, o + 5 * row);
    FloatVector w6 = fromArray(SPECIES, w, o + 6 * row);
    FloatVector w7 = fromArray(SPECIES, w, o + 7 * row);
    FloatVector w8 = fromArray(SPECIES, w, o + 8 * row);
    FloatVector w9 = fromArray(SPECIES, w, o + 9 * row);
    FloatVector w10 = fromArray(SPECIES, w, o + 10 * row);
    FloatVector w11 = fromArray(SPECIES, w, o + 11 * row);
    FloatVector w12 = fromArray(SPECIES, w, o + 12 * row);
    FloatVector w13 = fromArray(SPECIES, w, o + 13 * row);
    FloatVector w14 = fromArray(SPECIES, w, o + 14 * row);
    FloatVector w15 = fromArray(SPECIES, w, o + 15 * row);
    FloatVector bias = fromArray(SPECIES, b, o);
    for (int i = 0; i < images; i++) {
      int at = i * LANES;
      FloatVector s0 = w0.mul(x[at]).add(w8.mul(x[at + 8]));
      FloatVector s1 = w1.mul(x[at + 1]).add(w9.mul(x[at + 9]));
      FloatVector s2 = w2.mul(x[at + 2]).add(w10.mul(x[at + 10]));
      FloatVector s3 = w3.mul(x[at + 3]).add(w11.mul(x[at + 11]));
      FloatVector s4 = w4.mul(x[at + 4]).add(w12.mul(x[at + 12]));
      FloatVector s5 = w5.mul(x[at + 5]).add(w13.mul(x[at + 13]));
      FloatVector s6 = w6.mul(x[at + 6]).add(w14.mul(x[at + 14]));
      FloatVector s7 = w7.mul(x[at + 7]).add(w15.mul(x[at + 15]));
      FloatVector even = s0.add(s4).add(s2.add(s6));
      FloatVector sum = even.add(s1.add(s5).add(s3.add(s7))).add(0f);
      sum.add(bias).intoArray(z, i * row + o);
    }
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
