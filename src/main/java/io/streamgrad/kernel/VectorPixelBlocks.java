package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.I2F;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link VectorPixels} for HotSpot of JDK 25 and later. The weights are first copied, block by
 * block, so that what a tile of two images reads of them lies side by side at fixed distances: ten
 * rows that lie apart take ten addresses, more than there are registers for. What is left of an odd
 * number of images, or all of a batch of one, is a tile of one image, which does not pay for a copy
 * and takes them where they are.
 */
final class VectorPixelBlocks {
  private static final int LANES = Kernel.LANES;
  private static final int OUTPUTS = VectorSums.OUTPUTS;
  private static final int BLOCK = OUTPUTS * LANES; // of copied weights
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

  private final float[] zeros = new float[2 * BLOCK];
  private final float[] lanes = new float[2 * BLOCK]; // (2, OUTPUTS, LANES)
  private float[] weights = {}; // (blocks, OUTPUTS, LANES) of a tile's outputs
  private final VectorSums sums = new VectorSums();

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
    for (int tile = 0; tile < outputs; tile += OUTPUTS) {
      int o = Math.min(tile, outputs - OUTPUTS); // the last one does some outputs again
      sums.begin(b, o, outputs);
      if (images > 1) {
        copyWeights(w, o * inputs, inputs);
      }
      for (int i = 0; i < images; i += 2) {
        if (i + 1 < images) {
          twoImages(pixels, offset, live, i, inputs);
          sums.add(lanes, BLOCK, z, i + 1);
        } else {
          oneImage(pixels, offset, live, i, w, o, inputs);
        }
        sums.add(lanes, 0, z, i);
      }
    }
  }

  private void copyWeights(float[] w, int at, int inputs) {
    weights = PaddedRows.atLeast(inputs * OUTPUTS, weights);
    for (int k = 0; k < OUTPUTS; k++) {
      copyRow(w, at + k * inputs, inputs, weights, k * LANES);
    }
  }

  private static void copyRow(float[] w, int at, int inputs, float[] weights, int to) {
    for (int c = 0; c < inputs; c += LANES) {
      fromArray(SPECIES, w, at + c).intoArray(weights, to + c * OUTPUTS);
    }
  }

  private void twoImages(byte[] pixels, int offset, NonZeroBlocks live, int i, int inputs) {
    for (int word = 0; word < live.wordsOfImage(); word++) {
      int c = word * Long.SIZE * LANES;
      int x = offset + i * inputs + c;
      long bits = live.ofImage(i, word) | live.ofImage(i + 1, word);
      float[] from = word == 0 ? zeros : lanes;
      twoImages(pixels, x, x + inputs, bits, weights, c * OUTPUTS, from, lanes);
    }
  }

  private void oneImage(
      byte[] pixels, int offset, NonZeroBlocks live, int i, float[] w, int o, int inputs) {
    for (int word = 0; word < live.wordsOfImage(); word++) {
      int c = word * Long.SIZE * LANES;
      int x = offset + i * inputs + c;
      float[] from = word == 0 ? zeros : lanes;
      oneImage(pixels, x, live.ofImage(i, word), w, o * inputs + c, inputs, from, lanes);
    }
  }

  /**
   * Two images, ten outputs, one vector a product: adds the blocks that are in {@code bits}, a word
   * of the live ones, to what is in {@code from}, and leaves the sums in {@code lanes}.
   *
   * @param x the word's pixels of one image begin here, and those of the other at {@code y}
   * @param w the word's weights, (blocks, OUTPUTS, LANES) from {@code at} on
   */
  private static void twoImages(
      byte[] pixels, int x, int y, long bits, float[] w, int at, float[] from, float[] lanes) {
    FloatVector i0 = fromArray(SPECIES, from, 0);
    FloatVector i1 = fromArray(SPECIES, from, LANES);
    FloatVector i2 = fromArray(SPECIES, from, 2 * LANES);
    FloatVector i3 = fromArray(SPECIES, from, 3 * LANES);
    FloatVector i4 = fromArray(SPECIES, from, 4 * LANES);
    FloatVector i5 = fromArray(SPECIES, from, 5 * LANES);
    FloatVector i6 = fromArray(SPECIES, from, 6 * LANES);
    FloatVector i7 = fromArray(SPECIES, from, 7 * LANES);
    FloatVector i8 = fromArray(SPECIES, from, 8 * LANES);
    FloatVector i9 = fromArray(SPECIES, from, 9 * LANES);
    FloatVector j0 = fromArray(SPECIES, from, 10 * LANES);
    FloatVector j1 = fromArray(SPECIES, from, 11 * LANES);
    FloatVector j2 = fromArray(SPECIES, from, 12 * LANES);
    FloatVector j3 = fromArray(SPECIES, from, 13 * LANES);
    FloatVector j4 = fromArray(SPECIES, from, 14 * LANES);
    FloatVector j5 = fromArray(SPECIES, from, 15 * LANES);
    FloatVector j6 = fromArray(SPECIES, from, 16 * LANES);
    FloatVector j7 = fromArray(SPECIES, from, 17 * LANES);
    FloatVector j8 = fromArray(SPECIES, from, 18 * LANES);
    FloatVector j9 = fromArray(SPECIES, from, 19 * LANES);
    for (; bits != 0; bits &= bits - 1) {
      int block = Long.numberOfTrailingZeros(bits);
      int c = block * LANES;
      int u = at + block * BLOCK;
      IntVector px = (IntVector) ByteVector.fromArray(BYTES, pixels, x + c).castShape(INTS, 0);
      IntVector py = (IntVector) ByteVector.fromArray(BYTES, pixels, y + c).castShape(INTS, 0);
      FloatVector a = ((FloatVector) px.and(0xff).convert(I2F, 0)).mul(Kernel.PIXEL);
      FloatVector b = ((FloatVector) py.and(0xff).convert(I2F, 0)).mul(Kernel.PIXEL);
      FloatVector v = fromArray(SPECIES, w, u);
      i0 = a.fma(v, i0);
      j0 = b.fma(v, j0);
      v = fromArray(SPECIES, w, u + LANES);
      i1 = a.fma(v, i1);
      j1 = b.fma(v, j1);
      v = fromArray(SPECIES, w, u + 2 * LANES);
      i2 = a.fma(v, i2);
      j2 = b.fma(v, j2);
      v = fromArray(SPECIES, w, u + 3 * LANES);
      i3 = a.fma(v, i3);
      j3 = b.fma(v, j3);
      v = fromArray(SPECIES, w, u + 4 * LANES);
      i4 = a.fma(v, i4);
      j4 = b.fma(v, j4);
      v = fromArray(SPECIES, w, u + 5 * LANES);
      i5 = a.fma(v, i5);
      j5 = b.fma(v, j5);
      v = fromArray(SPECIES, w, u + 6 * LANES);
      i6 = a.fma(v, i6);
      j6 = b.fma(v, j6);
      v = fromArray(SPECIES, w, u + 7 * LANES);
      i7 = a.fma(v, i7);
      j7 = b.fma(v, j7);
      v = fromArray(SPECIES, w, u + 8 * LANES);
      i8 = a.fma(v, i8);
      j8 = b.fma(v, j8);
      v = fromArray(SPECIES, w, u + 9 * LANES);
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

  /**
   * As {@link #twoImages}, of one.
   *
   * @param w the word's weights are in ten rows, the first of them from {@code at} on
   */
  private static void oneImage(
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
}
