package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.I2F;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Ten dot products of one image's pixels, one vector a product, by weights where they are: in rows.
 */
final class VectorPixelImage {
  private static final int LANES = Kernel.LANES;
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

  private VectorPixelImage() {}

  /**
   * Adds the blocks that are in {@code bits}, a word of the live ones, to what is in {@code from},
   * and leaves the sums in {@code lanes}.
   *
   * @param x the word's pixels begin here
   * @param w the word's weights are in ten rows, the first of them from {@code at} on
   */
  static void add(
      byte[] pixels, int x, long bits, float[] w, int at, int row, float[] from, float[] lanes) {
    int w1 = at + row;
    int w2 = w1 + row;
    int w3 = w2 + row;
    int w4 = w3 + row;
    int w5 = w4 + row;
    int w6 = w5 + row;
    int w7 = w6 + row;
    int w8 = w7 + row;
    int w9 = w8 + row;
    FloatVector s0 = fromArray(SPECIES, from, 0);
    FloatVector s1 = fromArray(SPECIES, from, LANES);
    FloatVector s2 = fromArray(SPECIES, from, 2 * LANES);
    FloatVector s3 = fromArray(SPECIES, from, 3 * LANES);
    FloatVector s4 = fromArray(SPECIES, from, 4 * LANES);
    FloatVector s5 = fromArray(SPECIES, from, 5 * LANES);
    FloatVector s6 = fromArray(SPECIES, from, 6 * LANES);
    FloatVector s7 = fromArray(SPECIES, from, 7 * LANES);
    FloatVector s8 = fromArray(SPECIES, from, 8 * LANES);
    FloatVector s9 = fromArray(SPECIES, from, 9 * LANES);
    for (; bits != 0; bits &= bits - 1) {
      int c = Long.numberOfTrailingZeros(bits) * LANES;
      IntVector p = (IntVector) ByteVector.fromArray(BYTES, pixels, x + c).castShape(INTS, 0);
      FloatVector a = ((FloatVector) p.and(0xff).convert(I2F, 0)).mul(Kernel.PIXEL);
      s0 = a.fma(fromArray(SPECIES, w, at + c), s0);
      s1 = a.fma(fromArray(SPECIES, w, w1 + c), s1);
      s2 = a.fma(fromArray(SPECIES, w, w2 + c), s2);
      s3 = a.fma(fromArray(SPECIES, w, w3 + c), s3);
      s4 = a.fma(fromArray(SPECIES, w, w4 + c), s4);
      s5 = a.fma(fromArray(SPECIES, w, w5 + c), s5);
      s6 = a.fma(fromArray(SPECIES, w, w6 + c), s6);
      s7 = a.fma(fromArray(SPECIES, w, w7 + c), s7);
      s8 = a.fma(fromArray(SPECIES, w, w8 + c), s8);
      s9 = a.fma(fromArray(SPECIES, w, w9 + c), s9);
    }
    s0.intoArray(lanes, 0);
    s1.intoArray(lanes, LANES);
    s2.intoArray(lanes, 2 * LANES);
    s3.intoArray(lanes, 3 * LANES);
    s4.intoArray(lanes, 4 * LANES);
    s5.intoArray(lanes, 5 * LANES);
    s6.intoArray(lanes, 6 * LANES);
    s7.intoArray(lanes, 7 * LANES);
    s8.intoArray(lanes, 8 * LANES);
    s9.intoArray(lanes, 9 * LANES);
  }

  /**
   * Two rows of inputs: an image, whose lanes are left first, and the means. All blocks, as means
   * have no zeros: where the image does, that changes no bit.
   */
  static void withMeans(
      byte[] pixels, int x, float[] means, float[] w, int at, int row, float[] lanes) {
    int w1 = at + row;
    int w2 = w1 + row;
    int w3 = w2 + row;
    int w4 = w3 + row;
    int w5 = w4 + row;
    int w6 = w5 + row;
    int w7 = w6 + row;
    int w8 = w7 + row;
    int w9 = w8 + row;
    FloatVector i0 = FloatVector.zero(SPECIES);
    FloatVector i1 = i0, i2 = i0, i3 = i0, i4 = i0, i5 = i0, i6 = i0, i7 = i0, i8 = i0, i9 = i0;
    FloatVector j0 = i0, j1 = i0, j2 = i0, j3 = i0, j4 = i0, j5 = i0, j6 = i0, j7 = i0, j8 = i0;
    FloatVector j9 = i0;
    for (int c = 0; c < row; c += LANES) {
      IntVector p = (IntVector) ByteVector.fromArray(BYTES, pixels, x + c).castShape(INTS, 0);
      FloatVector a = ((FloatVector) p.and(0xff).convert(I2F, 0)).mul(Kernel.PIXEL);
      FloatVector b = fromArray(SPECIES, means, c);
      FloatVector v = fromArray(SPECIES, w, at + c);
      i0 = a.fma(v, i0);
      j0 = b.fma(v, j0);
      v = fromArray(SPECIES, w, w1 + c);
      i1 = a.fma(v, i1);
      j1 = b.fma(v, j1);
      v = fromArray(SPECIES, w, w2 + c);
      i2 = a.fma(v, i2);
      j2 = b.fma(v, j2);
      v = fromArray(SPECIES, w, w3 + c);
      i3 = a.fma(v, i3);
      j3 = b.fma(v, j3);
      v = fromArray(SPECIES, w, w4 + c);
      i4 = a.fma(v, i4);
      j4 = b.fma(v, j4);
      v = fromArray(SPECIES, w, w5 + c);
      i5 = a.fma(v, i5);
      j5 = b.fma(v, j5);
      v = fromArray(SPECIES, w, w6 + c);
      i6 = a.fma(v, i6);
      j6 = b.fma(v, j6);
      v = fromArray(SPECIES, w, w7 + c);
      i7 = a.fma(v, i7);
      j7 = b.fma(v, j7);
      v = fromArray(SPECIES, w, w8 + c);
      i8 = a.fma(v, i8);
      j8 = b.fma(v, j8);
      v = fromArray(SPECIES, w, w9 + c);
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
