package io.streamgrad.learner;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernel on the Vector API. Two register tiles do the work, the forward one here, that of both
 * backward products in {@link VectorRows}:
 *
 * <pre>
 *   dots  Z[i][o]  = sum over c of X[i][c] W[o][c]     2 images x 5 outputs, a vector along c
 *   rows  dW[o][c] = sum over i of dZ[i][o] X[i][c]    5 or 10 rows, 16 columns c
 *         dX[i][c] = sum over o of dZ[i][o] W[o][c]    the same tile, rows and sum exchanged
 * </pre>
 *
 * <p>Ten accumulators hide the latency of a multiply-add and leave registers to spare on every
 * vector unit; each tile loads seven or eleven vectors for ten multiply-adds (Goto and van de
 * Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008). Tiles that reach over the edge
 * do its last row again and store the same number twice, so there is no second code path for what
 * is left over.
 *
 * <p>A narrower vector unit goes over the {@value Kernel#LANES} logical lanes in several passes,
 * which changes no operation and no order. Rows whose length is no multiple of the lanes are first
 * copied into {@link PaddedRows}. What is done to each element by itself is in {@link
 * VectorElements}.
 *
 * <p>Loaded by {@link Kernels} where the module jdk.incubator.vector is there, and not referred to
 * otherwise.
 */
final class VectorKernel implements Kernel {
  static final VectorSpecies<Float> SPECIES = species(Integer.getInteger(Kernels.BITS, 512));
  static final int WIDTH = SPECIES.length();
  private static final VectorSpecies<Float> QUARTER = FloatVector.SPECIES_128;

  private static final int IMAGES = 2;
  private static final int OUTPUTS = 5;

  private final float[] lanes = new float[IMAGES * OUTPUTS * LANES];
  private final VectorRows rows = new VectorRows();
  private final LiveBlocks allOutputs = new LiveBlocks();
  private float[] paddedInput = {};
  private float[] paddedOther = {};

  private static VectorSpecies<Float> species(int bits) {
    int hardware = FloatVector.SPECIES_PREFERRED.vectorBitSize();
    return VectorSpecies.of(float.class, VectorShape.forBitSize(Math.min(bits, hardware)));
  }

  @Override
  public void scale(byte[] pixels, int offset, int n, float[] out) {
    VectorElements.scale(pixels, offset, n, out);
  }

  @Override
  public void affine(
      float[] x,
      LiveBlocks live,
      float[] w,
      float[] b,
      int images,
      int inputs,
      int outputs,
      float[] z) {
    if (inputs <= LANES) {
      narrowAffine(x, w, b, images, inputs, outputs, z);
    } else {
      wideAffine(x, live, w, b, images, inputs, outputs, z);
    }
  }

  private void wideAffine(
      float[] x,
      LiveBlocks live,
      float[] w,
      float[] b,
      int images,
      int inputs,
      int outputs,
      float[] z) {
    int row = PaddedRows.length(inputs);
    float[] xRows = x;
    float[] wRows = w;
    if (row != inputs) {
      paddedInput = PaddedRows.of(x, images, inputs, paddedInput);
      paddedOther = PaddedRows.of(w, outputs, inputs, paddedOther);
      xRows = paddedInput;
      wRows = paddedOther;
    }
    for (int o = 0; o < outputs; o += OUTPUTS) {
      for (int i = 0; i < images; i += IMAGES) {
        int j = Math.min(i + 1, images - 1);
        for (int lane = 0; lane < LANES; lane += WIDTH) {
          dots(xRows, i, j, live, wRows, o, outputs - 1, row, lane);
        }
        for (int k = 0; k < Math.min(OUTPUTS, outputs - o); k++) {
          z[i * outputs + o + k] = sumOfLanes(k) + b[o + k];
          z[j * outputs + o + k] = sumOfLanes(OUTPUTS + k) + b[o + k];
        }
      }
    }
  }

  /**
   * The products of images i, j and outputs o to o + 4 (or the last), in lanes from {@code lane}.
   */
  private void dots(
      float[] x, int i, int j, LiveBlocks live, float[] w, int o, int last, int row, int lane) {
    int xi = i * row + lane;
    int xj = j * row + lane;
    int w0 = o * row + lane;
    int w1 = Math.min(o + 1, last) * row + lane;
    int w2 = Math.min(o + 2, last) * row + lane;
    int w3 = Math.min(o + 3, last) * row + lane;
    int w4 = Math.min(o + 4, last) * row + lane;
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector i0 = zero, i1 = zero, i2 = zero, i3 = zero, i4 = zero;
    FloatVector j0 = zero, j1 = zero, j2 = zero, j3 = zero, j4 = zero;
    for (int word = 0; word < live.wordsOfImage(); word++) {
      long bits = live.ofImage(i, word) | live.ofImage(j, word);
      for (; bits != 0; bits &= bits - 1) {
        int c = (word * Long.SIZE + Long.numberOfTrailingZeros(bits)) * LANES;
        FloatVector a = FloatVector.fromArray(SPECIES, x, xi + c);
        FloatVector b = FloatVector.fromArray(SPECIES, x, xj + c);
        FloatVector v = FloatVector.fromArray(SPECIES, w, w0 + c);
        i0 = a.fma(v, i0);
        j0 = b.fma(v, j0);
        v = FloatVector.fromArray(SPECIES, w, w1 + c);
        i1 = a.fma(v, i1);
        j1 = b.fma(v, j1);
        v = FloatVector.fromArray(SPECIES, w, w2 + c);
        i2 = a.fma(v, i2);
        j2 = b.fma(v, j2);
        v = FloatVector.fromArray(SPECIES, w, w3 + c);
        i3 = a.fma(v, i3);
        j3 = b.fma(v, j3);
        v = FloatVector.fromArray(SPECIES, w, w4 + c);
        i4 = a.fma(v, i4);
        j4 = b.fma(v, j4);
      }
    }
    i0.intoArray(lanes, lane);
    i1.intoArray(lanes, LANES + lane);
    i2.intoArray(lanes, 2 * LANES + lane);
    i3.intoArray(lanes, 3 * LANES + lane);
    i4.intoArray(lanes, 4 * LANES + lane);
    j0.intoArray(lanes, 5 * LANES + lane);
    j1.intoArray(lanes, 6 * LANES + lane);
    j2.intoArray(lanes, 7 * LANES + lane);
    j3.intoArray(lanes, 8 * LANES + lane);
    j4.intoArray(lanes, 9 * LANES + lane);
  }

  /**
   * Lane l adds l + 8, then l + 4, l + 2, l + 1. Not by way of an array: where vectors of two sizes
   * are stored, HotSpot may no longer tell which size a tile stores, and then allocates each
   * vector.
   */
  private float sumOfLanes(int slot) {
    int at = slot * LANES;
    FloatVector low = quarter(at).add(quarter(at + 8));
    FloatVector sum = low.add(quarter(at + 4).add(quarter(at + 12)));
    return (sum.lane(0) + sum.lane(2)) + (sum.lane(1) + sum.lane(3));
  }

  private FloatVector quarter(int at) {
    return FloatVector.fromArray(QUARTER, lanes, at);
  }

  /**
   * Dot products of no more terms than there are lanes, each in its lane: here the lanes are
   * vectors along the outputs, so that their sums cost no more than the products. Terms that are
   * missing are zeros in both copies.
   */
  private void narrowAffine(
      float[] x, float[] w, float[] b, int images, int inputs, int outputs, float[] z) {
    int row = PaddedRows.length(outputs);
    paddedInput = PaddedRows.of(x, images, inputs, paddedInput);
    paddedOther = PaddedRows.transposed(w, outputs, inputs, paddedOther);
    for (int o = 0; o < outputs; o += WIDTH) {
      int n = Math.min(WIDTH, outputs - o);
      for (int i = 0; i < images; i++) {
        narrowDots(paddedInput, i * LANES, paddedOther, o, row);
        for (int k = 0; k < n; k++) {
          z[i * outputs + o + k] = lanes[k] + b[o + k];
        }
      }
    }
  }

  /**
   * The products of an image and as many outputs as a vector holds, from o on; into the lanes. That
   * the lanes start at +0 shows only in the sign of a sum that is zero, so +0 is added last, once.
   */
  private void narrowDots(float[] x, int at, float[] w, int o, int row) {
    FloatVector s0 = product(x, at, w, o).add(product(x, at + 8, w, o + 8 * row));
    FloatVector s1 = product(x, at + 1, w, o + row).add(product(x, at + 9, w, o + 9 * row));
    FloatVector s2 = product(x, at + 2, w, o + 2 * row).add(product(x, at + 10, w, o + 10 * row));
    FloatVector s3 = product(x, at + 3, w, o + 3 * row).add(product(x, at + 11, w, o + 11 * row));
    FloatVector s4 = product(x, at + 4, w, o + 4 * row).add(product(x, at + 12, w, o + 12 * row));
    FloatVector s5 = product(x, at + 5, w, o + 5 * row).add(product(x, at + 13, w, o + 13 * row));
    FloatVector s6 = product(x, at + 6, w, o + 6 * row).add(product(x, at + 14, w, o + 14 * row));
    FloatVector s7 = product(x, at + 7, w, o + 7 * row).add(product(x, at + 15, w, o + 15 * row));
    FloatVector even = s0.add(s4).add(s2.add(s6));
    even.add(s1.add(s5).add(s3.add(s7))).add(0f).intoArray(lanes, 0);
  }

  private static FloatVector product(float[] x, int at, float[] w, int o) {
    return FloatVector.fromArray(SPECIES, w, o).mul(x[at]);
  }

  @Override
  public void weightGradient(
      float[] dz, float[] x, LiveBlocks live, int images, int inputs, int outputs, float[] dw) {
    int row = PaddedRows.length(inputs);
    if (row == inputs) {
      rows.multiply(dz, 1, outputs, outputs, images, x, row, live, dw);
    } else {
      paddedInput = PaddedRows.of(x, images, inputs, paddedInput);
      paddedOther = PaddedRows.atLeast(outputs * row, paddedOther);
      rows.multiply(dz, 1, outputs, outputs, images, paddedInput, row, live, paddedOther);
      PaddedRows.unpad(paddedOther, outputs, inputs, dw);
    }
  }

  @Override
  public void inputGradient(
      float[] dz, float[] w, int images, int inputs, int outputs, float[] dx) {
    int row = PaddedRows.length(inputs);
    allOutputs.all(outputs, inputs);
    if (row == inputs) {
      rows.multiply(dz, outputs, 1, images, outputs, w, row, allOutputs, dx);
    } else {
      paddedOther = PaddedRows.of(w, outputs, inputs, paddedOther);
      paddedInput = PaddedRows.atLeast(images * row, paddedInput);
      rows.multiply(dz, outputs, 1, images, outputs, paddedOther, row, allOutputs, paddedInput);
      PaddedRows.unpad(paddedInput, images, inputs, dx);
    }
  }

  @Override
  public void reluGradient(float[] a, float[] dz, int n) {
    VectorElements.reluGradient(a, dz, n);
  }

  @Override
  public void exp(float[] x, int n) {
    VectorElements.exp(x, n);
  }

  @Override
  public float sumOfSquares(float[] a) {
    int whole = a.length - a.length % LANES;
    for (int lane = 0; lane < LANES; lane += WIDTH) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int i = lane; i < whole; i += LANES) {
        FloatVector v = FloatVector.fromArray(SPECIES, a, i);
        sum = v.fma(v, sum);
      }
      sum.intoArray(lanes, lane);
    }
    for (int i = whole; i < a.length; i++) {
      lanes[i - whole] = Math.fma(a[i], a[i], lanes[i - whole]);
    }
    return sumOfLanes(0);
  }

  @Override
  public String toString() {
    return "vectors of " + SPECIES.vectorBitSize() + " bits";
  }
}
