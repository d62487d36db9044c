package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;
import static jdk.incubator.vector.FloatVector.broadcast;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * The product of the backward step, of factors and a matrix with long rows:
 *
 * <pre>
 *   out[r][c] = sum over k of f[r][k] m[k][c]
 * </pre>
 *
 * <p>A tile is {@value Kernel#LANES} columns wide, ten rows high where one vector holds them and
 * five where it takes two: ten accumulators either way. What a tile reads is first copied so that
 * it lies side by side, the factors always and a block of columns where many tiles share it: terms
 * a power of two apart would throw one another out of the cache.
 */
final class VectorRows {
  private static final int LANES = Kernel.LANES;

  /** Rows of a tile. */
  private static final int ROWS = WIDTH == LANES ? 10 : 5;

  /** Of fewer rows than this the copy of a block costs more than it saves. */
  private static final int ROWS_WORTH_A_COPY = 20;

  private float[] factors = {}; // (tiles, terms, ROWS)
  private float[] block = {}; // (terms, LANES)

  /**
   * Multiplies.
   *
   * @param f the factors: that of row r and term k is f[r * fr + k * fk]
   * @param rows of out
   * @param terms rows of m
   * @param row columns of m and out, a multiple of the lanes
   * @param live which terms count for a block of columns
   */
  void multiply(
      float[] f,
      int fr,
      int fk,
      int rows,
      int terms,
      float[] m,
      int row,
      NonZeroBlocks live,
      float[] out) {
    Arrays.fill(out, 0, rows * row, 0);
    copyFactors(f, fr, fk, rows, terms);
    boolean copy = rows >= ROWS_WORTH_A_COPY;
    if (copy) {
      block = PaddedRows.atLeast(terms * LANES, block);
    }
    // Columns outside: a block of them stays in the cache while the rows go by.
    for (int c = 0; c < row; c += LANES) {
      if (copy) {
        copyBlock(m, terms, row, c);
        tiles(block, 0, LANES, live, c, rows, terms, row, out);
      } else {
        tiles(m, c, row, live, c, rows, terms, row, out);
      }
    }
  }

  /**
   * Multiplies with pixels, scaled block by block; vectors hold all lanes.
   *
   * @param f the factors: that of row r and term k is f[r + k * fk]
   * @param pixels (terms, row) from {@code offset} on
   */
  void multiply(
      float[] f,
      int fk,
      int rows,
      int terms,
      byte[] pixels,
      int offset,
      int row,
      NonZeroBlocks live,
      float[] out) {
    Arrays.fill(out, 0, rows * row, 0);
    copyFactors(f, 1, fk, rows, terms);
    block = PaddedRows.atLeast(terms * LANES, block);
    for (int c = 0; c < row; c += LANES) {
      scaleBlock(pixels, offset, row, c, live, block);
      tiles(block, 0, LANES, live, c, rows, terms, row, out);
    }
  }

  /** All rows of a block of columns, which lies in {@code m} from {@code at} on. */
  private void tiles(
      float[] m,
      int at,
      int stride,
      NonZeroBlocks live,
      int c,
      int rows,
      int terms,
      int row,
      float[] out) {
    for (int r = 0; r < rows; r += ROWS) {
      for (int word = 0; word < live.wordsOfBlock(); word++) {
        long bits = live.ofBlock(c, word);
        int k = word * Long.SIZE;
        int f = r * terms + k * ROWS;
        int from = at + k * stride;
        if (WIDTH == LANES) {
          tenRows(factors, f, m, from, stride, bits, c, out, r, rows - 1, row);
        } else {
          for (int half = 0; half < LANES; half += 2 * WIDTH) {
            fiveRows(factors, f, m, from + half, stride, bits, c + half, out, r, rows - 1, row);
          }
        }
      }
    }
  }

  /** The live terms of a block. */
  private static void scaleBlock(
      byte[] pixels, int offset, int row, int c, NonZeroBlocks live, float[] block) {
    for (int word = 0; word < live.wordsOfBlock(); word++) {
      for (long bits = live.ofBlock(c, word); bits != 0; bits &= bits - 1) {
        int k = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
        VectorElements.scale(pixels, offset + k * row + c, LANES, block, k * LANES);
      }
    }
  }

  /** By tile, then term, then row; where a tile has no row its last one again. */
  private void copyFactors(float[] f, int fr, int fk, int rows, int terms) {
    int tiles = (rows + ROWS - 1) / ROWS;
    factors = PaddedRows.atLeast(tiles * terms * ROWS, factors);
    int to = 0;
    for (int r = 0; r < rows; r += ROWS) {
      int n = Math.min(ROWS, rows - r);
      for (int k = 0; k < terms; k++, to += ROWS) {
        int from = r * fr + k * fk;
        if (fr == 1) {
          System.arraycopy(f, from, factors, to, n);
        } else {
          for (int i = 0; i < n; i++) {
            factors[to + i] = f[from + i * fr];
          }
        }
        for (int i = n; i < ROWS; i++) {
          factors[to + i] = factors[to + n - 1];
        }
      }
    }
  }

  private void copyBlock(float[] m, int terms, int row, int c) {
    for (int k = 0; k < terms; k++) {
      for (int i = 0; i < LANES; i += WIDTH) {
        FloatVector.fromArray(SPECIES, m, k * row + c + i).intoArray(block, k * LANES + i);
      }
    }
  }

  /**
   * Rows r to r + 9 (or the last), one vector of columns from c on: adds the terms in {@code bits},
   * a word of the live ones, to {@code out}.
   *
   * @param f the rows' factors, of the word's terms, from {@code first} on
   * @param m the word's term k of the columns is at {@code at + k * stride}
   */
  private static void tenRows(
      float[] f,
      int first,
      float[] m,
      int at,
      int stride,
      long bits,
      int c,
      float[] out,
      int r,
      int last,
      int row) {
    int r0 = r * row + c;
    int r1 = Math.min(r + 1, last) * row + c;
    int r2 = Math.min(r + 2, last) * row + c;
    int r3 = Math.min(r + 3, last) * row + c;
    int r4 = Math.min(r + 4, last) * row + c;
    int r5 = Math.min(r + 5, last) * row + c;
    int r6 = Math.min(r + 6, last) * row + c;
    int r7 = Math.min(r + 7, last) * row + c;
    int r8 = Math.min(r + 8, last) * row + c;
    int r9 = Math.min(r + 9, last) * row + c;
    FloatVector s0 = FloatVector.fromArray(SPECIES, out, r0);
    FloatVector s1 = FloatVector.fromArray(SPECIES, out, r1);
    FloatVector s2 = FloatVector.fromArray(SPECIES, out, r2);
    FloatVector s3 = FloatVector.fromArray(SPECIES, out, r3);
    FloatVector s4 = FloatVector.fromArray(SPECIES, out, r4);
    FloatVector s5 = FloatVector.fromArray(SPECIES, out, r5);
    FloatVector s6 = FloatVector.fromArray(SPECIES, out, r6);
    FloatVector s7 = FloatVector.fromArray(SPECIES, out, r7);
    FloatVector s8 = FloatVector.fromArray(SPECIES, out, r8);
    FloatVector s9 = FloatVector.fromArray(SPECIES, out, r9);
    for (; bits != 0; bits &= bits - 1) {
      int k = Long.numberOfTrailingZeros(bits);
      int g = first + k * ROWS;
      FloatVector v = FloatVector.fromArray(SPECIES, m, k * stride + at);
      s0 = v.fma(broadcast(SPECIES, f[g]), s0);
      s1 = v.fma(broadcast(SPECIES, f[g + 1]), s1);
      s2 = v.fma(broadcast(SPECIES, f[g + 2]), s2);
      s3 = v.fma(broadcast(SPECIES, f[g + 3]), s3);
      s4 = v.fma(broadcast(SPECIES, f[g + 4]), s4);
      s5 = v.fma(broadcast(SPECIES, f[g + 5]), s5);
      s6 = v.fma(broadcast(SPECIES, f[g + 6]), s6);
      s7 = v.fma(broadcast(SPECIES, f[g + 7]), s7);
      s8 = v.fma(broadcast(SPECIES, f[g + 8]), s8);
      s9 = v.fma(broadcast(SPECIES, f[g + 9]), s9);
    }
    s0.intoArray(out, r0);
    s1.intoArray(out, r1);
    s2.intoArray(out, r2);
    s3.intoArray(out, r3);
    s4.intoArray(out, r4);
    s5.intoArray(out, r5);
    s6.intoArray(out, r6);
    s7.intoArray(out, r7);
    s8.intoArray(out, r8);
    s9.intoArray(out, r9);
  }

  /** As {@link #tenRows}: rows r to r + 4 (or the last), two vectors of columns from c on. */
  private static void fiveRows(
      float[] f,
      int first,
      float[] m,
      int at,
      int stride,
      long bits,
      int c,
      float[] out,
      int r,
      int last,
      int row) {
    int r0 = r * row + c;
    int r1 = Math.min(r + 1, last) * row + c;
    int r2 = Math.min(r + 2, last) * row + c;
    int r3 = Math.min(r + 3, last) * row + c;
    int r4 = Math.min(r + 4, last) * row + c;
    FloatVector s0 = FloatVector.fromArray(SPECIES, out, r0);
    FloatVector t0 = FloatVector.fromArray(SPECIES, out, r0 + WIDTH);
    FloatVector s1 = FloatVector.fromArray(SPECIES, out, r1);
    FloatVector t1 = FloatVector.fromArray(SPECIES, out, r1 + WIDTH);
    FloatVector s2 = FloatVector.fromArray(SPECIES, out, r2);
    FloatVector t2 = FloatVector.fromArray(SPECIES, out, r2 + WIDTH);
    FloatVector s3 = FloatVector.fromArray(SPECIES, out, r3);
    FloatVector t3 = FloatVector.fromArray(SPECIES, out, r3 + WIDTH);
    FloatVector s4 = FloatVector.fromArray(SPECIES, out, r4);
    FloatVector t4 = FloatVector.fromArray(SPECIES, out, r4 + WIDTH);
    for (; bits != 0; bits &= bits - 1) {
      int k = Long.numberOfTrailingZeros(bits);
      int g = first + k * ROWS;
      FloatVector v = FloatVector.fromArray(SPECIES, m, k * stride + at);
      FloatVector w = FloatVector.fromArray(SPECIES, m, k * stride + at + WIDTH);
      FloatVector a = broadcast(SPECIES, f[g]);
      s0 = v.fma(a, s0);
      t0 = w.fma(a, t0);
      a = broadcast(SPECIES, f[g + 1]);
      s1 = v.fma(a, s1);
      t1 = w.fma(a, t1);
      a = broadcast(SPECIES, f[g + 2]);
      s2 = v.fma(a, s2);
      t2 = w.fma(a, t2);
      a = broadcast(SPECIES, f[g + 3]);
      s3 = v.fma(a, s3);
      t3 = w.fma(a, t3);
      a = broadcast(SPECIES, f[g + 4]);
      s4 = v.fma(a, s4);
      t4 = w.fma(a, t4);
    }
    s0.intoArray(out, r0);
    t0.intoArray(out, r0 + WIDTH);
    s1.intoArray(out, r1);
    t1.intoArray(out, r1 + WIDTH);
    s2.intoArray(out, r2);
    t2.intoArray(out, r2 + WIDTH);
    s3.intoArray(out, r3);
    t3.intoArray(out, r3 + WIDTH);
    s4.intoArray(out, r4);
    t4.intoArray(out, r4 + WIDTH);
  }
}
