package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.I2F;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * {@link VectorPixels} for HotSpot of JDK 25 and later. The weights are first copied, block by
 * block, so that what a tile of two images reads of them lies side by side at fixed distances: ten
 * rows that lie apart take ten addresses, more than there are registers for. What is left of an odd
 * number of images, or all of a batch of one, is {@link VectorPixelImage}'s, which does not pay for
 * a copy.
 *
 * <p>Where inputs are less their means, these are multiplied by weights that are read anyway: on
 * the way through the copy or, of a batch of one, beside its image.
 */
final class VectorPixelBlocks {
  private static final int LANES = Kernel.LANES;
  private static final int OUTPUTS = VectorSums.OUTPUTS;
  private static final int BLOCK = VectorWeightBlocks.BLOCK;
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

  private final float[] zeros = new float[2 * BLOCK];
  private final float[] lanes = new float[2 * BLOCK]; // (2, OUTPUTS, LANES)
  private float[] weights = {}; // (blocks, OUTPUTS, LANES) of a tile's outputs
  private final VectorSums sums = new VectorSums();

  /** {@link Kernel#affine} of the scaled pixels, less their means where there are some. */
  void affine(
      byte[] pixels,
      int offset,
      NonZeroBlocks live,
      float[] w,
      float[] b,
      float @Nullable [] means,
      int images,
      int inputs,
      int outputs,
      float[] z) {
    for (int tile = 0; tile < outputs; tile += OUTPUTS) {
      int o = Math.min(tile, outputs - OUTPUTS); // the last one does some outputs again
      sums.begin(b, o, outputs);
      if (images > 1) {
        copyWeights(w, o * inputs, means, inputs);
      }
      for (int i = 0; i < images; i += 2) {
        if (i + 1 < images) {
          twoImages(pixels, offset, live, i, inputs);
          sums.add(lanes, BLOCK, z, i + 1);
        } else if (images == 1 && means != null) {
          VectorPixelImage.withMeans(pixels, offset, means, w, o * inputs, inputs, lanes);
          sums.center(lanes, BLOCK);
        } else {
          oneImage(pixels, offset, live, i, w, o, inputs);
        }
        sums.add(lanes, 0, z, i);
      }
    }
  }

  private void copyWeights(float[] w, int at, float @Nullable [] means, int inputs) {
    weights = PaddedRows.atLeast(inputs * OUTPUTS, weights);
    if (means == null) {
      VectorWeightBlocks.copy(w, at, inputs, weights);
    } else {
      VectorWeightBlocks.copyAndMultiply(w, at, inputs, weights, means, lanes);
      sums.center(lanes, 0);
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
      VectorPixelImage.add(
          pixels, x, live.ofImage(i, word), w, o * inputs + c, inputs, from, lanes);
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
}
