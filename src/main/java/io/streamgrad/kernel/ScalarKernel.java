package io.streamgrad.kernel;

import java.util.Arrays;

/** The kernel in plain Java: the readable twin of the contract, for a JVM without vectors. */
public final class ScalarKernel implements Kernel {
  private final float[] lanes = new float[LANES];
  private float[] gradient = {}; // (outputs, inputs), of one image

  @Override
  public void scale(byte[] pixels, int offset, int images, int inputs, float[] x) {
    int row = PaddedRows.length(inputs);
    for (int i = 0; i < images; i++) {
      for (int p = 0; p < inputs; p++) {
        x[i * row + p] = (pixels[offset + i * inputs + p] & 0xff) * PIXEL;
      }
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
    int row = PaddedRows.length(inputs);
    for (int i = 0; i < images; i++) {
      for (int o = 0; o < outputs; o++) {
        Arrays.fill(lanes, 0f);
        for (int word = 0; word < live.wordsOfImage(); word++) {
          for (long bits = live.ofImage(i, word); bits != 0; bits &= bits - 1) {
            int from = (word * Long.SIZE + Long.numberOfTrailingZeros(bits)) * LANES;
            addProducts(x, i * row + from, w, o * inputs + from, inputs - from);
          }
        }
        z[i * PaddedRows.length(outputs) + o] = sumOfLanes() + b[o];
      }
    }
  }

  @Override
  public void weightGradient(
      float[] dz, float[] x, NonZeroBlocks live, int images, int inputs, int outputs, float[] dw) {
    Arrays.fill(dw, 0, outputs * inputs, 0f);
    int row = PaddedRows.length(inputs);
    int dzRow = PaddedRows.length(outputs);
    for (int i = 0; i < images; i++) {
      for (int word = 0; word < live.wordsOfImage(); word++) {
        for (long bits = live.ofImage(i, word); bits != 0; bits &= bits - 1) {
          int from = (word * Long.SIZE + Long.numberOfTrailingZeros(bits)) * LANES;
          int length = Math.min(LANES, inputs - from);
          for (int o = 0; o < outputs; o++) {
            addScaled(dz[i * dzRow + o], x, i * row + from, dw, o * inputs + from, length);
          }
        }
      }
    }
  }

  @Override
  public void biasGradient(float[] dz, int images, int outputs, float[] db) {
    Arrays.fill(db, 0f);
    for (int i = 0; i < images; i++) {
      for (int o = 0; o < outputs; o++) {
        db[o] += dz[i * PaddedRows.length(outputs) + o];
      }
    }
  }

  @Override
  public void sumPixels(
      byte[] pixels, int offset, NonZeroBlocks live, int images, int inputs, int[] sums) {
    Arrays.fill(sums, 0, inputs, 0);
    for (int i = 0; i < images; i++) {
      for (int p = 0; p < inputs; p++) {
        sums[p] += pixels[offset + i * inputs + p] & 0xff;
      }
    }
  }

  @Override
  public void centeredBiases(
      float[] w, float[] b, float[] means, int inputs, int outputs, float[] c) {
    for (int o = 0; o < outputs; o++) {
      Arrays.fill(lanes, 0f);
      for (int from = 0; from < inputs; from += LANES) {
        addProducts(means, from, w, o * inputs + from, inputs - from);
      }
      c[o] = b[o] - sumOfLanes();
    }
  }

  @Override
  public void centerGradient(float[] db, float[] means, int inputs, int outputs, float[] dw) {
    for (int o = 0; o < outputs; o++) {
      addScaled(-db[o], means, 0, dw, o * inputs, inputs);
    }
  }

  @Override
  public void inputGradient(
      float[] dz, float[] w, int images, int inputs, int outputs, float[] dx) {
    int row = PaddedRows.length(inputs);
    int dzRow = PaddedRows.length(outputs);
    Arrays.fill(dx, 0, images * row, 0f);
    for (int i = 0; i < images; i++) {
      for (int o = 0; o < outputs; o++) {
        addScaled(dz[i * dzRow + o], w, o * inputs, dx, i * row, inputs);
      }
    }
  }

  @Override
  public void reluGradient(float[] a, float[] dz, int n) {
    for (int i = 0; i < n; i++) {
      dz[i] = a[i] > 0f ? dz[i] : 0f;
    }
  }

  @Override
  public void softmax(float[] z, int images, int classes, float[] sums) {
    Softmax.probabilities(z, images, classes, sums);
  }

  @Override
  public float sumOfSquares(float[] a) {
    Arrays.fill(lanes, 0f);
    for (int from = 0; from < a.length; from += LANES) {
      addProducts(a, from, a, from, a.length - from);
    }
    return sumOfLanes();
  }

  @Override
  public float descend(float[] g, float rate, float[] w, float share, float[] mean) {
    for (int i = 0; i < g.length; i++) {
      w[i] = Math.fma(-rate, g[i], w[i]);
      mean[i] = Math.fma(share, w[i] - mean[i], mean[i]);
    }
    return sumOfSquares(g);
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
    return descend(gradientByOne(dz, x, inputs, outputs), rate, w, share, mean);
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
    float[] g = gradientByOne(dz, x, inputs, outputs);
    return descendCentered(g, dz, means, inputs, outputs, rate, w, share, mean);
  }

  private float[] gradientByOne(float[] dz, float[] x, int inputs, int outputs) {
    if (gradient.length != outputs * inputs) {
      gradient = new float[outputs * inputs];
    }
    Arrays.fill(gradient, 0f);
    for (int o = 0; o < outputs; o++) {
      addScaled(dz[o], x, 0, gradient, o * inputs, inputs);
    }
    return gradient;
  }

  @Override
  public float largest(float[] a, int n) {
    float largest = 0;
    for (int i = 0; i < n; i++) {
      largest = Math.max(largest, Math.abs(a[i]));
    }
    return largest;
  }

  /** y := y + factor x, n elements. */
  private static void addScaled(float factor, float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i++) {
      y[to + i] = Math.fma(factor, x[from + i], y[to + i]);
    }
  }

  /** Adds a block's products to the lanes, or those that are left of a row. */
  private void addProducts(float[] a, int from, float[] b, int to, int left) {
    int n = Math.min(LANES, left);
    for (int l = 0; l < n; l++) {
      lanes[l] = Math.fma(a[from + l], b[to + l], lanes[l]);
    }
  }

  private float sumOfLanes() {
    for (int width = LANES / 2; width > 0; width /= 2) {
      for (int l = 0; l < width; l++) {
        lanes[l] += lanes[l + width];
      }
    }
    return lanes[0];
  }

  @Override
  public String toString() {
    return "scalar";
  }
}
