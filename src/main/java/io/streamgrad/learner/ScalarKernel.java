package io.streamgrad.learner;

import java.util.Arrays;

/** The kernel in plain Java: the readable twin of the contract, for a JVM without vectors. */
final class ScalarKernel implements Kernel {
  private final float[] lanes = new float[LANES];

  @Override
  public void scale(byte[] pixels, int offset, int n, float[] out) {
    for (int i = 0; i < n; i++) {
      out[i] = (pixels[offset + i] & 0xff) * PIXEL;
    }
  }

  @Override
  public void affine(
      float[] x, float[] w, float[] b, int images, int inputs, int outputs, float[] z) {
    for (int i = 0; i < images; i++) {
      for (int o = 0; o < outputs; o++) {
        z[i * outputs + o] = dot(x, i * inputs, w, o * inputs, inputs) + b[o];
      }
    }
  }

  @Override
  public void weightGradient(
      float[] dz, float[] x, int images, int inputs, int outputs, float[] dw) {
    Arrays.fill(dw, 0, outputs * inputs, 0f);
    for (int i = 0; i < images; i++) {
      for (int o = 0; o < outputs; o++) {
        addScaled(dz[i * outputs + o], x, i * inputs, dw, o * inputs, inputs);
      }
    }
  }

  @Override
  public void inputGradient(
      float[] dz, float[] w, int images, int inputs, int outputs, float[] dx) {
    Arrays.fill(dx, 0, images * inputs, 0f);
    for (int i = 0; i < images; i++) {
      for (int o = 0; o < outputs; o++) {
        addScaled(dz[i * outputs + o], w, o * inputs, dx, i * inputs, inputs);
      }
    }
  }

  @Override
  public float sumOfSquares(float[] a) {
    return dot(a, 0, a, 0, a.length);
  }

  private static void addScaled(float factor, float[] x, int from, float[] y, int to, int n) {
    for (int i = 0; i < n; i++) {
      y[to + i] = Math.fma(factor, x[from + i], y[to + i]);
    }
  }

  private float dot(float[] a, int from, float[] b, int to, int n) {
    Arrays.fill(lanes, 0f);
    int whole = n - n % LANES;
    for (int i = 0; i < whole; i += LANES) {
      for (int l = 0; l < LANES; l++) {
        lanes[l] = Math.fma(a[from + i + l], b[to + i + l], lanes[l]);
      }
    }
    for (int i = whole; i < n; i++) {
      lanes[i - whole] = Math.fma(a[from + i], b[to + i], lanes[i - whole]);
    }
    for (int width = LANES / 2; width > 0; width /= 2) {
      for (int l = 0; l < width; l++) {
        lanes[l] += lanes[l + width];
      }
    }
    return lanes[0];
  }
}
