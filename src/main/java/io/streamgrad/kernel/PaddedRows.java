package io.streamgrad.kernel;

import java.util.Arrays;

/** Rows whose length is a multiple of the lanes, with zeros behind what is in them. */
public final class PaddedRows {
  private PaddedRows() {}

  /** The length of a padded row. */
  public static int length(int n) {
    return (n + Kernel.LANES - 1) / Kernel.LANES * Kernel.LANES;
  }

  /** The size of a matrix of padded rows. */
  public static int size(int rows, int n) {
    return rows * length(n);
  }

  /** {@code reused}, or a new array if that is too small. */
  static float[] atLeast(int n, float[] reused) {
    return reused.length >= n ? reused : new float[n];
  }

  /** The rows with zeros behind each, in {@code reused} if that is large enough. */
  static float[] of(float[] from, int rows, int n, float[] reused) {
    int row = length(n);
    float[] to = atLeast(size(rows, n), reused);
    for (int r = 0; r < rows; r++) {
      System.arraycopy(from, r * n, to, r * row, n);
      for (int i = n; i < row; i++) {
        to[r * row + i] = 0f;
      }
    }
    return to;
  }

  /** The columns as padded rows, and rows of zeros up to a multiple of the lanes. */
  static float[] transposed(float[] from, int rows, int n, float[] reused) {
    int row = length(rows);
    float[] to = atLeast(length(n) * row, reused);
    Arrays.fill(to, 0, length(n) * row, 0f);
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < n; i++) {
        to[i * row + r] = from[r * n + i];
      }
    }
    return to;
  }

  /** Padded rows back to rows of n. */
  public static void unpad(float[] from, int rows, int n, float[] to) {
    int row = length(n);
    for (int r = 0; r < rows; r++) {
      System.arraycopy(from, r * row, to, r * n, n);
    }
  }
}
