package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;

/** Ten rows of weights, block by block: (blocks, OUTPUTS, LANES). */
final class VectorWeightBlocks {
  private static final int LANES = Kernel.LANES;
  private static final int OUTPUTS = VectorSums.OUTPUTS;

  /** The size of a block. */
  static final int BLOCK = OUTPUTS * LANES;

  private VectorWeightBlocks() {}

  /** Copies ten rows, the first of which begins at {@code at}. */
  static void copy(float[] w, int at, int row, float[] blocks) {
    for (int k = 0; k < OUTPUTS; k++) {
      copyRow(w, at + k * row, row, blocks, k * LANES);
    }
  }

  private static void copyRow(float[] w, int at, int inputs, float[] blocks, int to) {
    for (int c = 0; c < inputs; c += LANES) {
      fromArray(SPECIES, w, at + c).intoArray(blocks, to + c * OUTPUTS);
    }
  }

  /**
   * Copies, and multiplies each row by the means.
   *
   * @param lanes (OUTPUTS, LANES), overwritten: the ten dot products
   */
  static void copyAndMultiply(
      float[] w, int at, int row, float[] blocks, float[] means, float[] lanes) {
    int w1 = at + row;
    int w2 = w1 + row;
    int w3 = w2 + row;
    int w4 = w3 + row;
    int w5 = w4 + row;
    int w6 = w5 + row;
    int w7 = w6 + row;
    int w8 = w7 + row;
    int w9 = w8 + row;
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0, s8 = s0, s9 = s0;
    for (int c = 0; c < row; c += LANES) {
      int to = c * OUTPUTS;
      FloatVector mean = fromArray(SPECIES, means, c);
      FloatVector v = fromArray(SPECIES, w, at + c);
      v.intoArray(blocks, to);
      s0 = mean.fma(v, s0);
      v = fromArray(SPECIES, w, w1 + c);
      v.intoArray(blocks, to + LANES);
      s1 = mean.fma(v, s1);
      v = fromArray(SPECIES, w, w2 + c);
      v.intoArray(blocks, to + 2 * LANES);
      s2 = mean.fma(v, s2);
      v = fromArray(SPECIES, w, w3 + c);
      v.intoArray(blocks, to + 3 * LANES);
      s3 = mean.fma(v, s3);
      v = fromArray(SPECIES, w, w4 + c);
      v.intoArray(blocks, to + 4 * LANES);
      s4 = mean.fma(v, s4);
      v = fromArray(SPECIES, w, w5 + c);
      v.intoArray(blocks, to + 5 * LANES);
      s5 = mean.fma(v, s5);
      v = fromArray(SPECIES, w, w6 + c);
      v.intoArray(blocks, to + 6 * LANES);
      s6 = mean.fma(v, s6);
      v = fromArray(SPECIES, w, w7 + c);
      v.intoArray(blocks, to + 7 * LANES);
      s7 = mean.fma(v, s7);
      v = fromArray(SPECIES, w, w8 + c);
      v.intoArray(blocks, to + 8 * LANES);
      s8 = mean.fma(v, s8);
      v = fromArray(SPECIES, w, w9 + c);
      v.intoArray(blocks, to + 9 * LANES);
      s9 = mean.fma(v, s9);
    }
    s0.intoArray(lanes, 0);
    s1.intoArray(lanes, LANES);
    s2.intoArray(lanes, 2 * LANES);
    s3.intoArray(lanes, 3 * LANES);
    s4.intoArray(lanes, 4 * LANES);
    s5.intoArray(lanes, 5 * LANES);
    s6.intoArray(lanes, 6 * LANES);
    s7.intoArray(lanes, 7 * LANES);
    s8.intoArray(lanes, 8 * LANES);
    s9.intoArray(lanes, 9 * LANES);
  }
}
