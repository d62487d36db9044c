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
 * which changes no operation and no order. Weights whose rows are no multiple of the lanes long are
 * first copied into {@link PaddedRows}. Layers of few inputs are {@link VectorNarrow}'s. What is
 * done to each element by itself is in {@link VectorElements}.
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
  private final VectorNarrow narrow = new VectorNarrow();
  private final VectorSoftmax softmax = new VectorSoftmax();
  private final LiveBlocks allOutputs = new LiveBlocks();
  private float[] padded = {};

  private static VectorSpecies<Float> species(int bits) {
    int hardware = FloatVector.SPECIES_PREFERRED.vectorBitSize();
    return VectorSpecies.of(float.class, VectorShape.forBitSize(Math.min(bits, hardware)));
  }

  @Override
  public void scale(byte[] pixels, int offset, int images, int inputs, float[] x) {
    for (int i = 0; i < images; i++) {
      int row = i * PaddedRows.length(inputs);
      VectorElements.scale(pixels, offset + i * inputs, inputs, x, row);
    }
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
      narrow.affine(x, w, b, images, inputs, outputs, z);
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
    int zRow = PaddedRows.length(outputs);
    float[] wRows = w;
    if (row != inputs) {
      padded = PaddedRows.of(w, outputs, inputs, padded);
      wRows = padded;
    }
    for (int o = 0; o < outputs; o += OUTPUTS) {
      for (int i = 0; i < images; i += IMAGES) {
        int j = Math.min(i + 1, images - 1);
        for (int lane = 0; lane < LANES; lane += WIDTH) {
          dots(x, i, j, live, wRows, o, outputs - 1, row, lane);
        }
        for (int k = 0; k < Math.min(OUTPUTS, outputs - o); k++) {
          z[i * zRow + o + k] = sumOfLanes(k) + b[o + k];
          z[j * zRow + o + k] = sumOfLanes(OUTPUTS + k) + b[o + k];
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

  @Override
  public void weightGradient(
      float[] dz, float[] x, LiveBlocks live, int images, int inputs, int outputs, float[] dw) {
    int row = PaddedRows.length(inputs);
    int dzRow = PaddedRows.length(outputs);
    if (row == inputs) {
      rows.multiply(dz, 1, dzRow, outputs, images, x, row, live, dw);
    } else {
      padded = PaddedRows.atLeast(outputs * row, padded);
      rows.multiply(dz, 1, dzRow, outputs, images, x, row, live, padded);
      PaddedRows.unpad(padded, outputs, inputs, dw);
    }
  }

  @Override
  public void biasGradient(float[] dz, int images, int outputs, float[] db) {
    int row = PaddedRows.length(outputs);
    for (int o = 0; o < outputs; o += WIDTH) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int i = 0; i < images; i++) {
        sum = sum.add(FloatVector.fromArray(SPECIES, dz, i * row + o));
      }
      sum.intoArray(lanes, 0);
      System.arraycopy(lanes, 0, db, o, Math.min(WIDTH, outputs - o));
    }
  }

  @Override
  public void inputGradient(
      float[] dz, float[] w, int images, int inputs, int outputs, float[] dx) {
    if (inputs <= LANES) {
      narrow.inputGradient(dz, w, images, inputs, outputs, dx);
      return;
    }
    int row = PaddedRows.length(inputs);
    float[] wRows = w;
    if (row != inputs) {
      padded = PaddedRows.of(w, outputs, inputs, padded);
      wRows = padded;
    }
    allOutputs.all(outputs, inputs);
    rows.multiply(dz, PaddedRows.length(outputs), 1, images, outputs, wRows, row, allOutputs, dx);
  }

  @Override
  public void reluGradient(float[] a, float[] dz, int n) {
    VectorElements.reluGradient(a, dz, n);
  }

  @Override
  public void softmax(float[] z, int images, int classes, float[] sums) {
    softmax.probabilities(z, images, classes, sums);
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
