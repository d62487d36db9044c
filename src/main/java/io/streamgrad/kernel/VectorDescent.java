package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * Plain gradient descent in one pass over gradient, weights and average. The sum of the gradient's
 * squares is a chain of multiply-adds, each of which waits for the one before: weights are updated
 * and averaged meanwhile.
 *
 * <p>Blocks of zeros are not left out: over all of them goes a counted loop, which HotSpot checks
 * the bounds of once, and that is faster than one over the bits of what is live.
 */
final class VectorDescent {
  private static final int LANES = Kernel.LANES;

  private final float[] lanes = new float[LANES]; // of the squares' sum
  private float[] gradient = {}; // (outputs, inputs), of one image

  /** {@link Kernel#descend} of n elements. */
  float descend(float[] g, int n, float rate, float[] w, float share, float[] mean) {
    Arrays.fill(lanes, 0f);
    int whole = n - n % LANES;
    for (int lane = 0; lane < LANES; lane += WIDTH) {
      descend(g, lane, whole, rate, w, share, mean, lanes);
    }
    for (int i = whole; i < n; i++) {
      lanes[i - whole] = Math.fma(g[i], g[i], lanes[i - whole]);
      w[i] = Math.fma(-rate, g[i], w[i]);
      mean[i] = Math.fma(share, w[i] - mean[i], mean[i]);
    }
    return VectorKernel.sumOfLanes(lanes, 0);
  }

  private static void descend(
      float[] g,
      int lane,
      int end,
      float rate,
      float[] w,
      float share,
      float[] mean,
      float[] sums) {
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int i = lane; i < end; i += LANES) {
      FloatVector d = fromArray(SPECIES, g, i);
      FloatVector v = d.fma(broadcast(SPECIES, -rate), fromArray(SPECIES, w, i));
      FloatVector m = fromArray(SPECIES, mean, i);
      sum = d.fma(d, sum);
      v.intoArray(w, i);
      v.sub(m).fma(broadcast(SPECIES, share), m).intoArray(mean, i);
    }
    sum.intoArray(sums, lane);
  }

  /**
   * {@link Kernel#descendCentered} of rows of whole blocks. The gradient is centred while the sum
   * of squares waits for itself, and is not stored.
   */
  float descendCentered(
      float[] g,
      float[] db,
      float[] means,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean) {
    Arrays.fill(lanes, 0f);
    for (int o = 0; o < outputs; o++) {
      for (int lane = 0; lane < LANES; lane += WIDTH) {
        centeredRow(g, db[o], means, lane, inputs, rate, w, o * inputs, share, mean, lanes);
      }
    }
    return VectorKernel.sumOfLanes(lanes, 0);
  }

  private static void centeredRow(
      float[] g,
      float factor,
      float[] means,
      int lane,
      int end,
      float rate,
      float[] w,
      int row,
      float share,
      float[] mean,
      float[] sums) {
    FloatVector sum = fromArray(SPECIES, sums, lane);
    for (int c = lane; c < end; c += LANES) {
      FloatVector d = fromArray(SPECIES, g, row + c);
      d = fromArray(SPECIES, means, c).fma(broadcast(SPECIES, -factor), d);
      FloatVector v = d.fma(broadcast(SPECIES, -rate), fromArray(SPECIES, w, row + c));
      FloatVector m = fromArray(SPECIES, mean, row + c);
      sum = d.fma(d, sum);
      v.intoArray(w, row + c);
      v.sub(m).fma(broadcast(SPECIES, share), m).intoArray(mean, row + c);
    }
    sum.intoArray(sums, lane);
  }

  /** {@link Kernel#descendByOne}. */
  float descendByOne(
      float[] dz,
      float[] x,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean) {
    if (inputs % LANES != 0) {
      gradient = outerProduct(dz, x, inputs, outputs, gradient);
      return descend(gradient, outputs * inputs, rate, w, share, mean);
    }
    Arrays.fill(lanes, 0f);
    for (int o = 0; o < outputs; o++) {
      for (int lane = 0; lane < LANES; lane += WIDTH) {
        descendRow(dz[o], x, lane, inputs, rate, w, o * inputs, share, mean, lanes);
      }
    }
    return VectorKernel.sumOfLanes(lanes, 0);
  }

  /** Of the weights from {@code row} on, down a gradient that is {@code factor} times x. */
  private static void descendRow(
      float factor,
      float[] x,
      int lane,
      int end,
      float rate,
      float[] w,
      int row,
      float share,
      float[] mean,
      float[] sums) {
    FloatVector sum = fromArray(SPECIES, sums, lane);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int c = lane; c < end; c += LANES) {
      FloatVector d = fromArray(SPECIES, x, c).fma(broadcast(SPECIES, factor), zero);
      FloatVector v = d.fma(broadcast(SPECIES, -rate), fromArray(SPECIES, w, row + c));
      FloatVector m = fromArray(SPECIES, mean, row + c);
      sum = d.fma(d, sum);
      v.intoArray(w, row + c);
      v.sub(m).fma(broadcast(SPECIES, share), m).intoArray(mean, row + c);
    }
    sum.intoArray(sums, lane);
  }

  /** {@link Kernel#descendCenteredByOne}. */
  float descendCenteredByOne(
      float[] dz,
      float[] x,
      float[] means,
      int inputs,
      int outputs,
      float rate,
      float[] w,
      float share,
      float[] mean) {
    if (inputs % LANES != 0) {
      gradient = outerProduct(dz, x, inputs, outputs, gradient);
      for (int o = 0; o < outputs; o++) {
        VectorCentering.subtract(dz[o], means, inputs, gradient, o * inputs);
      }
      return descend(gradient, outputs * inputs, rate, w, share, mean);
    }
    Arrays.fill(lanes, 0f);
    for (int o = 0; o < outputs; o++) {
      for (int lane = 0; lane < LANES; lane += WIDTH) {
        centeredRowByOne(dz[o], x, means, lane, inputs, rate, w, o * inputs, share, mean, lanes);
      }
    }
    return VectorKernel.sumOfLanes(lanes, 0);
  }

  /** Of the weights from {@code row} on, down {@code factor} times x less the means. */
  private static void centeredRowByOne(
      float factor,
      float[] x,
      float[] means,
      int lane,
      int end,
      float rate,
      float[] w,
      int row,
      float share,
      float[] mean,
      float[] sums) {
    FloatVector sum = fromArray(SPECIES, sums, lane);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int c = lane; c < end; c += LANES) {
      FloatVector d = fromArray(SPECIES, x, c).fma(broadcast(SPECIES, factor), zero);
      d = fromArray(SPECIES, means, c).fma(broadcast(SPECIES, -factor), d);
      FloatVector v = d.fma(broadcast(SPECIES, -rate), fromArray(SPECIES, w, row + c));
      FloatVector m = fromArray(SPECIES, mean, row + c);
      sum = d.fma(d, sum);
      v.intoArray(w, row + c);
      v.sub(m).fma(broadcast(SPECIES, share), m).intoArray(mean, row + c);
    }
    sum.intoArray(sums, lane);
  }

  private static float[] outerProduct(
      float[] dz, float[] x, int inputs, int outputs, float[] reused) {
    float[] product = PaddedRows.atLeast(outputs * inputs, reused);
    for (int o = 0; o < outputs; o++) {
      for (int c = 0; c < inputs; c++) {
        product[o * inputs + c] = Math.fma(dz[o], x[c], 0f);
      }
    }
    return product;
  }
}
