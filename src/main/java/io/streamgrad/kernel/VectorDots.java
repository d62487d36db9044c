package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * The product of the forward step, of two matrices with long rows:
 *
 * <pre>
 *   Z[i][o] = sum over c of X[i][c] W[o][c] + b[o]
 * </pre>
 *
 * <p>A tile is two images by five outputs: seven loads for ten multiply-adds, whose accumulators
 * any vector unit has the registers for. While an image's rows are in the cache, all tiles of a
 * block of outputs use them.
 */
final class VectorDots {
  private static final int LANES = Kernel.LANES;
  private static final int OUTPUTS = 5;
  private static final int IMAGES = 2;

  /** So many outputs' weights stay in the first cache beside the images' rows. */
  private static final int OUTPUTS_IN_CACHE = 10;

  private final float[] lanes = new float[IMAGES * OUTPUTS * LANES];

  /**
   * Multiplies.
   *
   * @param w padded rows
   * @param row columns of x and w, a multiple of the lanes
   */
  void multiply(
      float[] x,
      NonZeroBlocks live,
      float[] w,
      float[] b,
      int images,
      int row,
      int outputs,
      float[] z) {
    for (int block = 0; block < outputs; block += OUTPUTS_IN_CACHE) {
      int end = Math.min(block + OUTPUTS_IN_CACHE, outputs);
      for (int i = 0; i < images; i += IMAGES) {
        int j = Math.min(i + 1, images - 1);
        for (int o = block; o < end; o += OUTPUTS) {
          Arrays.fill(lanes, 0);
          for (int word = 0; word < live.wordsOfImage(); word++) {
            long bits = live.ofImage(i, word) | live.ofImage(j, word);
            for (int lane = 0; lane < LANES; lane += WIDTH) {
              twoImages(x, i, j, word, bits, w, o, outputs - 1, row, lane, lanes);
            }
          }
          addLanes(i, images - 1, o, b, outputs, z);
        }
      }
    }
  }

  /** From a tile's lanes to its numbers. */
  private void addLanes(int first, int last, int o, float[] b, int outputs, float[] z) {
    for (int i = 0; i < IMAGES; i++) {
      int to = Math.min(first + i, last) * PaddedRows.length(outputs);
      for (int k = o; k < Math.min(o + OUTPUTS, outputs); k++) {
        z[to + k] = VectorKernel.sumOfLanes(lanes, (i * OUTPUTS + k - o) * LANES) + b[k];
      }
    }
  }

  /**
   * Images i and j, outputs o to o + 4 (or the last), in lanes from {@code lane} on: adds the
   * blocks that are in {@code bits}, a word of the live ones, to {@code lanes}.
   */
  private static void twoImages(
      float[] x,
      int i,
      int j,
      int word,
      long bits,
      float[] w,
      int o,
      int lastOutput,
      int row,
      int lane,
      float[] lanes) {
    int xi = i * row + lane;
    int xj = j * row + lane;
    int w0 = o * row + lane;
    int w1 = Math.min(o + 1, lastOutput) * row + lane;
    int w2 = Math.min(o + 2, lastOutput) * row + lane;
    int w3 = Math.min(o + 3, lastOutput) * row + lane;
    int w4 = Math.min(o + 4, lastOutput) * row + lane;
    FloatVector i0 = FloatVector.fromArray(SPECIES, lanes, lane);
    FloatVector i1 = FloatVector.fromArray(SPECIES, lanes, LANES + lane);
    FloatVector i2 = FloatVector.fromArray(SPECIES, lanes, 2 * LANES + lane);
    FloatVector i3 = FloatVector.fromArray(SPECIES, lanes, 3 * LANES + lane);
    FloatVector i4 = FloatVector.fromArray(SPECIES, lanes, 4 * LANES + lane);
    FloatVector j0 = FloatVector.fromArray(SPECIES, lanes, 5 * LANES + lane);
    FloatVector j1 = FloatVector.fromArray(SPECIES, lanes, 6 * LANES + lane);
    FloatVector j2 = FloatVector.fromArray(SPECIES, lanes, 7 * LANES + lane);
    FloatVector j3 = FloatVector.fromArray(SPECIES, lanes, 8 * LANES + lane);
    FloatVector j4 = FloatVector.fromArray(SPECIES, lanes, 9 * LANES + lane);
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
}
