package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.I2F;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The weights' gradient of the first layer, from pixels as they come, as {@link VectorPixels} takes
 * them forward: what {@link VectorRows} does with a matrix of pixels, by its tile of ten rows.
 */
final class VectorPixelRows {
  private static final int LANES = Kernel.LANES;
  private static final int ROWS = 10;
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);

  private final TileFactors factors = new TileFactors(ROWS);
  private final float[] zeros = new float[LANES];

  /**
   * {@link Kernel#weightGradient} of the scaled pixels, and {@link Kernel#sumPixels} beside it: an
   * addition more where ten multiply-adds wait for the units that do not add integers.
   */
  void multiply(
      float[] dz,
      byte[] pixels,
      int offset,
      NonZeroBlocks live,
      int images,
      int inputs,
      int outputs,
      float[] dw,
      int[] pixelSums) {
    factors.take(dz, 1, PaddedRows.length(outputs), outputs, images);
    float[] f = factors.values();
    int step = factors.step();
    for (int c = 0; c < inputs; c += LANES) {
      for (int tile = 0; tile < outputs; tile += ROWS) {
        int to = factors.row(tile) * inputs + c;
        for (int word = 0; word < live.wordsOfBlock(); word++) {
          long bits = live.ofBlock(c, word);
          int first = factors.at(tile) + word * Long.SIZE * step;
          int from = offset + word * Long.SIZE * inputs + c;
          float[] sums = word == 0 ? zeros : dw;
          int begun = word == 0 ? 0 : -1;
          if (word == 0) {
            Arrays.fill(pixelSums, c, c + LANES, 0); // each tile adds them up anew
          }
          tenRows(f, first, step, pixels, from, inputs, bits, sums, begun, dw, to, pixelSums, c);
        }
      }
    }
  }

  /**
   * Ten outputs, one vector of columns: adds the images in {@code bits}, a word of the live ones,
   * to the sums so far, and leaves them in {@code dw}, from {@code to} on.
   *
   * @param f the outputs' factors of the word's image k are at {@code first + k * step}
   * @param pixels the columns of the word's image k are at {@code at + k * row}
   * @param sums those so far: {@code dw}; or zeros, and {@code begun} is 0 and not -1
   * @param pixelSums to what is here from {@code c} on the images' pixels are added
   */
  private static void tenRows(
      float[] f,
      int first,
      int step,
      byte[] pixels,
      int at,
      int row,
      long bits,
      float[] sums,
      int begun,
      float[] dw,
      int to,
      int[] pixelSums,
      int c) {
    int r1 = to + row;
    int r2 = r1 + row;
    int r3 = r2 + row;
    int r4 = r3 + row;
    int r5 = r4 + row;
    int r6 = r5 + row;
    int r7 = r6 + row;
    int r8 = r7 + row;
    int r9 = r8 + row;
    FloatVector s0 = fromArray(SPECIES, sums, to & begun);
    FloatVector s1 = fromArray(SPECIES, sums, r1 & begun);
    FloatVector s2 = fromArray(SPECIES, sums, r2 & begun);
    FloatVector s3 = fromArray(SPECIES, sums, r3 & begun);
    FloatVector s4 = fromArray(SPECIES, sums, r4 & begun);
    FloatVector s5 = fromArray(SPECIES, sums, r5 & begun);
    FloatVector s6 = fromArray(SPECIES, sums, r6 & begun);
    FloatVector s7 = fromArray(SPECIES, sums, r7 & begun);
    FloatVector s8 = fromArray(SPECIES, sums, r8 & begun);
    FloatVector s9 = fromArray(SPECIES, sums, r9 & begun);
    IntVector total = IntVector.fromArray(INTS, pixelSums, c);
    for (; bits != 0; bits &= bits - 1) {
      int k = Long.numberOfTrailingZeros(bits);
      int g = first + k * step;
      IntVector p =
          ((IntVector) ByteVector.fromArray(BYTES, pixels, at + k * row).castShape(INTS, 0))
              .and(0xff);
      total = total.add(p);
      FloatVector v = ((FloatVector) p.convert(I2F, 0)).mul(Kernel.PIXEL);
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
    total.intoArray(pixelSums, c);
    s0.intoArray(dw, to);
    s1.intoArray(dw, r1);
    s2.intoArray(dw, r2);
    s3.intoArray(dw, r3);
    s4.intoArray(dw, r4);
    s5.intoArray(dw, r5);
    s6.intoArray(dw, r6);
    s7.intoArray(dw, r7);
    s8.intoArray(dw, r8);
    s9.intoArray(dw, r9);
  }
}
