package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;
import static jdk.incubator.vector.FloatVector.broadcast;

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
 * it lies side by side: {@link TileFactors}, and a block of columns where many tiles share it.
 *
 * <p>Of fewer rows than a tile has the missing ones are stored where the last one is, before that.
 */
final class VectorRows {
  private static final int LANES = Kernel.LANES;

  /** Rows of a tile. */
  private static final int ROWS = WIDTH == LANES ? 10 : 5;

  /** Of fewer rows than this the copy of a block costs more than it saves. */
  private static final int ROWS_WORTH_A_COPY = 20;

  private final TileFactors factors = new TileFactors(ROWS);
  private final float[] zeros = new float[LANES];
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
    factors.take(f, fr, fk, rows, terms);
    boolean copy = rows >= ROWS_WORTH_A_COPY;
    if (copy) {
      block = PaddedRows.atLeast(terms * LANES, block);
    }
    // Columns outside: a block of them stays in the cache while the rows go by.
    for (int c = 0; c < row; c += LANES) {
      if (copy) {
        copyBlock(m, terms, row, c);
        tiles(block, 0, LANES, live, c, rows, row, out);
      } else {
        tiles(m, c, row, live, c, rows, row, out);
      }
    }
  }

  /** All rows of a block of columns, which lies in {@code m} from {@code at} on. */
  private void tiles(
      float[] m, int at, int stride, NonZeroBlocks live, int c, int rows, int row, float[] out) {
    float[] f = factors.values();
    int step = factors.step();
    for (int tile = 0; tile < rows; tile += ROWS) {
      int r = factors.row(tile);
      for (int word = 0; word < live.wordsOfBlock(); word++) {
        long bits = live.ofBlock(c, word);
        int k = word * Long.SIZE;
        int first = factors.at(tile) + k * step;
        int from = at + k * stride;
        float[] sums = word == 0 ? zeros : out;
        int begun = word == 0 ? 0 : -1;
        if (WIDTH == LANES) {
          tenRows(f, first, step, m, from, stride, bits, c, sums, begun, out, r, rows - 1, row);
        } else {
          for (int half = 0; half < LANES; half += 2 * WIDTH) {
            int h = c + half;
            int mh = from + half;
            fiveRows(f, first, step, m, mh, stride, bits, h, sums, begun, out, r, rows - 1, row);
          }
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
   * a word of the live ones, to the sums so far, and leaves them in {@code out}.
   *
   * @param f the rows' factors of the word's term k are at {@code first + k * step}
   * @param m the word's term k of the columns is at {@code at + k * stride}
   * @param sums those so far: {@code out}; or zeros, and {@code begun} is 0 and not -1
   */
  private static void tenRows(
      float[] f,
      int first,
      int step,
      float[] m,
      int at,
      int stride,
      long bits,
      int c,
      float[] sums,
      int begun,
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
    FloatVector s0 = FloatVector.fromArray(SPECIES, sums, r0 & begun);
    FloatVector s1 = FloatVector.fromArray(SPECIES, sums, r1 & begun);
    FloatVector s2 = FloatVector.fromArray(SPECIES, sums, r2 & begun);
    FloatVector s3 = FloatVector.fromArray(SPECIES, sums, r3 & begun);
    FloatVector s4 = FloatVector.fromArray(SPECIES, sums, r4 & begun);
    FloatVector s5 = FloatVector.fromArray(SPECIES, sums, r5 & begun);
    FloatVector s6 = FloatVector.fromArray(SPECIES, sums, r6 & begun);
    FloatVector s7 = FloatVector.fromArray(SPECIES, sums, r7 & begun);
    FloatVector s8 = FloatVector.fromArray(SPECIES, sums, r8 & begun);
    FloatVector s9 = FloatVector.fromArray(SPECIES, sums, r9 & begun);
    for (; bits != 0; bits &= bits - 1) {
      int k = Long.numberOfTrailingZeros(bits);
      int g = first + k * step;
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
    s9.intoArray(out, r9);
    s8.intoArray(out, r8);
    s7.intoArray(out, r7);
    s6.intoArray(out, r6);
    s5.intoArray(out, r5);
    s4.intoArray(out, r4);
    s3.intoArray(out, r3);
    s2.intoArray(out, r2);
    s1.intoArray(out, r1);
    s0.intoArray(out, r0);
  }

  /** As {@link #tenRows}: rows r to r + 4 (or the last), two vectors of columns from c on. */
  private static void fiveRows(
      float[] f,
      int first,
      int step,
      float[] m,
      int at,
      int stride,
      long bits,
      int c,
      float[] sums,
      int begun,
      float[] out,
      int r,
      int last,
      int row) {
    int r0 = r * row + c;
    int r1 = Math.min(r + 1, last) * row + c;
    int r2 = Math.min(r + 2, last) * row + c;
    int r3 = Math.min(r + 3, last) * row + c;
    int r4 = Math.min(r + 4, last) * row + c;
    FloatVector s0 = FloatVector.fromArray(SPECIES, sums, r0 & begun);
    FloatVector t0 = FloatVector.fromArray(SPECIES, sums, (r0 & begun) + WIDTH);
    FloatVector s1 = FloatVector.fromArray(SPECIES, sums, r1 & begun);
    FloatVector t1 = FloatVector.fromArray(SPECIES, sums, (r1 & begun) + WIDTH);
    FloatVector s2 = FloatVector.fromArray(SPECIES, sums, r2 & begun);
    FloatVector t2 = FloatVector.fromArray(SPECIES, sums, (r2 & begun) + WIDTH);
    FloatVector s3 = FloatVector.fromArray(SPECIES, sums, r3 & begun);
    FloatVector t3 = FloatVector.fromArray(SPECIES, sums, (r3 & begun) + WIDTH);
    FloatVector s4 = FloatVector.fromArray(SPECIES, sums, r4 & begun);
    FloatVector t4 = FloatVector.fromArray(SPECIES, sums, (r4 & begun) + WIDTH);
    for (; bits != 0; bits &= bits - 1) {
      int k = Long.numberOfTrailingZeros(bits);
      int g = first + k * step;
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
    t4.intoArray(out, r4 + WIDTH);
    s4.intoArray(out, r4);
    t3.intoArray(out, r3 + WIDTH);
    s3.intoArray(out, r3);
    t2.intoArray(out, r2 + WIDTH);
    s2.intoArray(out, r2);
    t1.intoArray(out, r1 + WIDTH);
    s1.intoArray(out, r1);
    t0.intoArray(out, r0 + WIDTH);
    s0.intoArray(out, r0);
  }
}
