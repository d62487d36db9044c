package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;
import static jdk.incubator.vector.VectorOperators.I2F;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The forward step of the first layer, from pixels as they come. They are scaled in registers: a
 * batch of bytes stays in a cache that its floats do not fit, and is not written and read again.
 * For vectors that hold all lanes; a tile is two images by ten outputs, so that scaling a vector
 * pays for ten multiply-adds.
 */
final class VectorPixels {
  private static final int LANES = Kernel.LANES;
  private static final int OUTPUTS = 10;
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

  private final float[] lanes = new float[2 * OUTPUTS * LANES];

  /**
   * Whether a layer of this shape can be taken, here and by {@link VectorPixelRows}: no vector may
   * reach beyond the last pixel, and there must be a tile of outputs.
   */
  static boolean takes(int inputs, int outputs) {
    return WIDTH == LANES && inputs % LANES == 0 && outputs >= OUTPUTS;
  }

  /** {@link Kernel#affine} of the scaled pixels. */
  void affine(
      byte[] pixels,
      int offset,
      NonZeroBlocks live,
      float[] w,
      float[] b,
      int images,
      int inputs,
      int outputs,
      float[] z) {
    int row = PaddedRows.length(outputs);
    for (int o = 0; o < outputs; o += OUTPUTS) {
      for (int i = 0; i < images; i += 2) {
        int j = Math.min(i + 1, images - 1);
        Arrays.fill(lanes, 0);
        for (int word = 0; word < live.wordsOfImage(); word++) {
          long bits = live.ofImage(i, word) | live.ofImage(j, word);
          dots(pixels, offset, i, j, word, bits, w, o, outputs - 1, inputs, lanes);
        }
        for (int k = 0; k < Math.min(OUTPUTS, outputs - o); k++) {
          z[i * row + o + k] = VectorKernel.sumOfLanes(lanes, k * LANES) + b[o + k];
          z[j * row + o + k] = VectorKernel.sumOfLanes(lanes, (OUTPUTS + k) * LANES) + b[o + k];
        }
      }
    }
  }

  /**
   * Images i and j, outputs o to o + 9 (or the last), one vector a product: adds the blocks that
   * are in {@code bits}, a word of the live ones, to {@code lanes}.
   */
  private static void dots(
      byte[] pixels,
      int offset,
      int i,
      int j,
      int word,
      long bits,
      float[] w,
      int o,
      int last,
      int row,
      float[] lanes) {
    int xi = offset + i * row;
    int xj = offset + j * row;
    int w0 = o * row;
    int w1 = Math.min(o + 1, last) * row;
    int w2 = Math.min(o + 2, last) * row;
    int w3 = Math.min(o + 3, last) * row;
    int w4 = Math.min(o + 4, last) * row;
    int w5 = Math.min(o + 5, last) * row;
    int w6 = Math.min(o + 6, last) * row;
    int w7 = Math.min(o + 7, last) * row;
    int w8 = Math.min(o + 8, last) * row;
    int w9 = Math.min(o + 9, last) * row;
    FloatVector i0 = FloatVector.fromArray(SPECIES, lanes, 0);
    FloatVector i1 = FloatVector.fromArray(SPECIES, lanes, LANES);
    FloatVector i2 = FloatVector.fromArray(SPECIES, lanes, 2 * LANES);
    FloatVector i3 = FloatVector.fromArray(SPECIES, lanes, 3 * LANES);
    FloatVector i4 = FloatVector.fromArray(SPECIES, lanes, 4 * LANES);
    FloatVector i5 = FloatVector.fromArray(SPECIES, lanes, 5 * LANES);
    FloatVector i6 = FloatVector.fromArray(SPECIES, lanes, 6 * LANES);
    FloatVector i7 = FloatVector.fromArray(SPECIES, lanes, 7 * LANES);
    FloatVector i8 = FloatVector.fromArray(SPECIES, lanes, 8 * LANES);
    FloatVector i9 = FloatVector.fromArray(SPECIES, lanes, 9 * LANES);
    FloatVector j0 = FloatVector.fromArray(SPECIES, lanes, 10 * LANES);
    FloatVector j1 = FloatVector.fromArray(SPECIES, lanes, 11 * LANES);
    FloatVector j2 = FloatVector.fromArray(SPECIES, lanes, 12 * LANES);
    FloatVector j3 = FloatVector.fromArray(SPECIES, lanes, 13 * LANES);
    FloatVector j4 = FloatVector.fromArray(SPECIES, lanes, 14 * LANES);
    FloatVector j5 = FloatVector.fromArray(SPECIES, lanes, 15 * LANES);
    FloatVector j6 = FloatVector.fromArray(SPECIES, lanes, 16 * LANES);
    FloatVector j7 = FloatVector.fromArray(SPECIES, lanes, 17 * LANES);
    FloatVector j8 = FloatVector.fromArray(SPECIES, lanes, 18 * LANES);
    FloatVector j9 = FloatVector.fromArray(SPECIES, lanes, 19 * LANES);
    for (; bits != 0; bits &= bits - 1) {
      int c = (word * Long.SIZE + Long.numberOfTrailingZeros(bits)) * LANES;
      IntVector pi = (IntVector) ByteVector.fromArray(BYTES, pixels, xi + c).castShape(INTS, 0);
      IntVector pj = (IntVector) ByteVector.fromArray(BYTES, pixels, xj + c).castShape(INTS, 0);
      FloatVector a = ((FloatVector) pi.and(0xff).convert(I2F, 0)).mul(Kernel.PIXEL);
      FloatVector b = ((FloatVector) pj.and(0xff).convert(I2F, 0)).mul(Kernel.PIXEL);
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
      v = FloatVector.fromArray(SPECIES, w, w5 + c);
      i5 = a.fma(v, i5);
      j5 = b.fma(v, j5);
      v = FloatVector.fromArray(SPECIES, w, w6 + c);
      i6 = a.fma(v, i6);
      j6 = b.fma(v, j6);
      v = FloatVector.fromArray(SPECIES, w, w7 + c);
      i7 = a.fma(v, i7);
      j7 = b.fma(v, j7);
      v = FloatVector.fromArray(SPECIES, w, w8 + c);
      i8 = a.fma(v, i8);
      j8 = b.fma(v, j8);
      v = FloatVector.fromArray(SPECIES, w, w9 + c);
      i9 = a.fma(v, i9);
      j9 = b.fma(v, j9);
    }
    i0.intoArray(lanes, 0);
    i1.intoArray(lanes, LANES);
    i2.intoArray(lanes, 2 * LANES);
    i3.intoArray(lanes, 3 * LANES);
    i4.intoArray(lanes, 4 * LANES);
    i5.intoArray(lanes, 5 * LANES);
    i6.intoArray(lanes, 6 * LANES);
    i7.intoArray(lanes, 7 * LANES);
    i8.intoArray(lanes, 8 * LANES);
    i9.intoArray(lanes, 9 * LANES);
    j0.intoArray(lanes, 10 * LANES);
    j1.intoArray(lanes, 11 * LANES);
    j2.intoArray(lanes, 12 * LANES);
    j3.intoArray(lanes, 13 * LANES);
    j4.intoArray(lanes, 14 * LANES);
    j5.intoArray(lanes, 15 * LANES);
    j6.intoArray(lanes, 16 * LANES);
    j7.intoArray(lanes, 17 * LANES);
    j8.intoArray(lanes, 18 * LANES);
    j9.intoArray(lanes, 19 * LANES);
  }
}
