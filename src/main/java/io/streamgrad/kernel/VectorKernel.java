package io.streamgrad.kernel;

import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * The kernel on the Vector API. Register tiles do the work: forward {@link VectorDots} or, where
 * the first layer's pixels can be taken as bytes, {@link VectorPixelBlocks} or, before JDK 25,
 * {@link VectorPixels}; backward {@link VectorRows} for both products, and {@link VectorPixelRows}
 * for that of bytes:
 *
 * <pre>
 *   forward   Z[i][o]  = sum over c of X[i][c] W[o][c]    2 images x 5 or 10 outputs, a vector along c
 *   backward  dW[o][c] = sum over i of dZ[i][o] X[i][c]   5 or 10 rows, 16 columns c
 *             dX[i][c] = sum over o of dZ[i][o] W[o][c]   the same tile, rows and sum exchanged
 * </pre>
 *
 * <p>Ten accumulators, or twenty where there are 32 registers, hide the latency of a multiply-add
 * (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008). Tiles that
 * would reach over the edge do a row again that is done, and store the same number twice, so there
 * is no second code path for what is left over.
 *
 * <p>A tile is one loop, over the blocks that a word of {@link NonZeroBlocks} names, and adds to
 * sums that it loads and stores: over a loop in a loop HotSpot of JDK 17 keeps no vector in a
 * register, but allocates every sum anew, and a step takes ten times as long. For the same reason
 * vectors are handed to the Vector API's own methods only, which are always inlined: one of ours is
 * not where HotSpot has inlined enough.
 *
 * <p>A narrower vector unit goes over the {@value Kernel#LANES} logical lanes in several passes,
 * which changes no operation and no order. Weights whose rows are no multiple of the lanes long are
 * first copied into {@link PaddedRows}. Layers of few inputs are {@link VectorNarrow}'s; what
 * centred inputs need is {@link VectorCentering}'s where it is not done beside the products of
 * bytes. What is done to each element by itself is in {@link VectorElements}.
 *
 * <p>Loaded by {@link Kernels} where the module jdk.incubator.vector is there, and not referred to
 * otherwise.
 */
final class VectorKernel implements Kernel {
  static final VectorSpecies<Float> SPECIES = species(Integer.getInteger(Kernels.BITS, 512));
  static final int WIDTH = SPECIES.length();

  /**
   * Whether HotSpot is one that keeps all of a tile in registers, however vectors are exchanged.
   */
  private static final boolean RECENT = Runtime.version().feature() >= 25;

  private static final VectorSpecies<Float> QUARTER = FloatVector.SPECIES_128;

  private final float[] lanes = new float[LANES];
  private final VectorDots dots = new VectorDots();
  private final VectorPixels pixelDots = new VectorPixels();
  private final VectorPixelBlocks pixelBlockDots = new VectorPixelBlocks();
  private final VectorRows rows = new VectorRows();
  private final VectorPixelRows pixelRows = new VectorPixelRows();
  private final VectorCentering centering = new VectorCentering();
  private final VectorNarrow narrow = new VectorNarrow();
  private final VectorDescent descent = new VectorDescent();
  private final VectorSoftmax softmax = new VectorSoftmax();
  private final NonZeroBlocks allOutputs = new NonZeroBlocks();
  private float[] padded = {};
  private float[] biases = {}; // (outputs), of centred inputs

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
      NonZeroBlocks live,
      float[] w,
      float[] b,
      int images,
      int inputs,
      int outputs,
      float[] z) {
    if (inputs <= LANES) {
      narrow.affine(x, w, b, images, inputs, outputs, z);
      return;
    }
    int row = PaddedRows.length(inputs);
    dots.multiply(x, live, paddedWeights(w, inputs, outputs), b, images, row, outputs, z);
  }

  @Override
  public void weightGradient(
      float[] dz, float[] x, NonZeroBlocks live, int images, int inputs, int outputs, float[] dw) {
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
  public boolean takesPixels(int inputs, int outputs) {
    return VectorPixels.takes(inputs, outputs);
  }

  @Override
  public void pixelAffine(
      byte[] pixels,
      int offset,
      NonZeroBlocks live,
      float[] w,
      float[] b,
      float @Nullable [] means,
      int images,
      int inputs,
      int outputs,
      float[] z) {
    if (RECENT) {
      pixelBlockDots.affine(pixels, offset, live, w, b, means, images, inputs, outputs, z);
      return;
    }
    if (means != null) {
      biases = PaddedRows.atLeast(outputs, biases);
      centering.biases(w, b, means, inputs, outputs, biases);
    }
    float[] c = means == null ? b : biases;
    pixelDots.affine(pixels, offset, live, w, c, images, inputs, outputs, z);
  }

  @Override
  public void pixelWeightGradient(
      float[] dz,
      byte[] pixels,
      int offset,
      NonZeroBlocks live,
      int images,
      int inputs,
      int outputs,
      float[] dw,
      int[] sums) {
    pixelRows.multiply(dz, pixels, offset, live, images, inputs, outputs, dw, sums);
  }

  @Override
  public void biasGradient(float[] dz, int images, int outputs, float[] db) {
    int row = PaddedRows.length(outputs);
    for (int o = 0; o < outputs; o += WIDTH) {
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int i = 0; i < images; i++) {
        sum = sum.add(fromArray(SPECIES, dz, i * row + o));
      }
      sum.intoArray(lanes, 0);
      System.arraycopy(lanes, 0, db, o, Math.min(WIDTH, outputs - o));
    }
  }

  @Override
  public void sumPixels(
      byte[] pixels, int offset, NonZeroBlocks live, int images, int inputs, int[] sums) {
    centering.sumPixels(pixels, offset, live, images, inputs, sums);
  }

  @Override
  public void centeredBiases(
      float[] w, float[] b, float[] means, int inputs, int outputs, float[] c) {
    centering.biases(w, b, means, inputs, outputs, c);
  }

  @Override
  public void centerGradient(float[] db, float[] means, int inputs, int outputs, float[] dw) {
    for (int o = 0; o < outputs; o++) {
      VectorCentering.subtract(db[o], means, inputs, dw, o * inputs);
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
    float[] wRows = paddedWeights(w, inputs, outputs);
    allOutputs.all(outputs, inputs);
    rows.multiply(dz, PaddedRows.length(outputs), 1, images, outputs, wRows, row, allOutputs, dx);
  }

  /** The weights as they are where their rows need no padding. */
  private float[] paddedWeights(float[] w, int inputs, int outputs) {
    if (inputs % LANES == 0) {
      return w;
    }
    padded = PaddedRows.of(w, outputs, inputs, padded);
    return padded;
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
        FloatVector v = fromArray(SPECIES, a, i);
        sum = v.fma(v, sum);
      }
      sum.intoArray(lanes, lane);
    }
    for (int i = whole; i < a.length; i++) {
      lanes[i - whole] = Math.fma(a[i], a[i], lanes[i - whole]);
    }
    return sumOfLanes(lanes, 0);
  }

  @Override
  public float descend(float[] g, float rate, float[] w, float share, float[] mean) {
    return descent.descend(g, g.length, rate, w, share, mean);
  }

  @Override
  public float descendCentered(
      float[] g,
      float[] db,
      float[] means,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean) {
    if (inputs % LANES != 0) {
      return Kernel.super.descendCentered(g, db, means, inputs, outputs, rate, w, share, mean);
    }
    return descent.descendCentered(g, db, means, inputs, outputs, rate, w, share, mean);
  }

  @Override
  public float descendByOne(
      float[] dz,
      float[] x,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean) {
    return descent.descendByOne(dz, x, inputs, outputs, rate, w, share, mean);
  }

  @Override
  public float descendCenteredByOne(
      float[] dz,
      float[] x,
      float[] means,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean) {
    return descent.descendCenteredByOne(dz, x, means, inputs, outputs, rate, w, share, mean);
  }

  @Override
  public float largest(float[] a, int n) {
    return VectorElements.largest(a, n);
  }

  /**
   * Lane l adds l + 8, then l + 4, l + 2, l + 1. Not by way of an array: where vectors of two sizes
   * are stored, HotSpot may no longer tell which size a tile stores, and then allocates each
   * vector.
   */
  static float sumOfLanes(float[] lanes, int at) {
    FloatVector even = fromArray(QUARTER, lanes, at).add(fromArray(QUARTER, lanes, at + 8));
    FloatVector odd = fromArray(QUARTER, lanes, at + 4).add(fromArray(QUARTER, lanes, at + 12));
    FloatVector sum = even.add(odd);
    return (sum.lane(0) + sum.lane(2)) + (sum.lane(1) + sum.lane(3));
  }

  @Override
  public String toString() {
    return "vectors of " + SPECIES.vectorBitSize() + " bits";
  }
}
