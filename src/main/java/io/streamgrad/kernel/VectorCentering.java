package io.streamgrad.kernel;

import static io.streamgrad.kernel.VectorKernel.SPECIES;
import static io.streamgrad.kernel.VectorKernel.WIDTH;
import static jdk.incubator.vector.FloatVector.fromArray;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** What inputs less their means take beside the products of inputs as they are. */
final class VectorCentering {
  private static final int LANES = Kernel.LANES;
  private static final int OUTPUTS = 10;

  private static final VectorSpecies<Integer> INTS = SPECIES.withLanes(int.class);
  // As many bytes as a vector has floats; of four there is no vector.
  private static final boolean BYTES_FIT = WIDTH >= 8;
  private static final VectorSpecies<Byte> BYTES =
      WIDTH == LANES ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;

  private final float[] lanes = new float[OUTPUTS * LANES];

  /** {@link Kernel#sumPixels}. */
  void sumPixels(
      byte[] pixels, int offset, NonZeroBlocks live, int images, int inputs, int[] sums) {
    int whole = BYTES_FIT ? inputs - inputs % LANES : 0;
    if (images == 1) { // whose blocks are no columns yet: that takes longer than the sums
      copy(pixels, offset, whole, sums);
    } else {
      addBlocks(pixels, offset, live, inputs, whole, sums);
    }
    Arrays.fill(sums, whole, inputs, 0);
    for (int i = 0; i < images; i++) {
      for (int p = whole; p < inputs; p++) {
        sums[p] += pixels[offset + i * inputs + p] & 0xff;
      }
    }
  }

  private static void copy(byte[] pixels, int at, int n, int[] sums) {
    for (int c = 0; c < n; c += WIDTH) {
      ByteVector bytes = ByteVector.fromArray(BYTES, pixels, at + c);
      ((IntVector) bytes.castShape(INTS, 0)).and(0xff).intoArray(sums, c);
    }
  }

  private static void addBlocks(
      byte[] pixels, int offset, NonZeroBlocks live, int inputs, int whole, int[] sums) {
    for (int c = 0; c < whole; c += LANES) {
      for (int word = 0; word < live.wordsOfBlock(); word++) {
        long bits = live.ofBlock(c, word);
        int first = offset + word * Long.SIZE * inputs;
        for (int lane = c; lane < c + LANES; lane += WIDTH) {
          addBlock(pixels, first + lane, inputs, bits, word > 0, sums, lane);
        }
      }
    }
  }

  /** One vector of columns: the images in {@code bits}, a word of the live ones. */
  private static void addBlock(
      byte[] pixels, int at, int row, long bits, boolean begun, int[] sums, int to) {
    IntVector sum = IntVector.zero(INTS);
    for (; bits != 0; bits &= bits - 1) {
      int k = Long.numberOfTrailingZeros(bits);
      ByteVector bytes = ByteVector.fromArray(BYTES, pixels, at + k * row);
      sum = sum.add(((IntVector) bytes.castShape(INTS, 0)).and(0xff));
    }
    if (begun) {
      sum = sum.add(IntVector.fromArray(INTS, sums, to));
    }
    sum.intoArray(sums, to);
  }

  /** {@link Kernel#centeredBiases}. */
  void biases(float[] w, float[] b, float[] means, int inputs, int outputs, float[] c) {
    int whole = inputs - inputs % LANES;
    for (int o = 0; o < outputs; o += OUTPUTS) {
      for (int lane = 0; lane < LANES; lane += WIDTH) {
        tenDots(w, inputs, o, outputs - 1, means, lane, whole, lanes);
      }
      for (int k = 0; k < Math.min(OUTPUTS, outputs - o); k++) {
        int row = (o + k) * inputs;
        for (int i = whole; i < inputs; i++) {
          int lane = k * LANES + i - whole;
          lanes[lane] = Math.fma(means[i], w[row + i], lanes[lane]);
        }
        c[o + k] = b[o + k] - VectorKernel.sumOfLanes(lanes, k * LANES);
      }
    }
  }

  /** The means by rows o to o + 9 (or the last), one vector of lanes. */
  private static void tenDots(
      float[] w, int row, int o, int last, float[] means, int lane, int end, float[] lanes) {
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
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = FloatVector.zero(SPECIES);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector s3 = FloatVector.zero(SPECIES);
    FloatVector s4 = FloatVector.zero(SPECIES);
    FloatVector s5 = FloatVector.zero(SPECIES);
    FloatVector s6 = FloatVector.zero(SPECIES);
    FloatVector s7 = FloatVector.zero(SPECIES);
    FloatVector s8 = FloatVector.zero(SPECIES);
    FloatVector s9 = FloatVector.zero(SPECIES);
    for (int c = lane; c < end; c += LANES) {
      FloatVector mean = fromArray(SPECIES, means, c);
      s0 = mean.fma(fromArray(SPECIES, w, w0 + c), s0);
      s1 = mean.fma(fromArray(SPECIES, w, w1 + c), s1);
      s2 = mean.fma(fromArray(SPECIES, w, w2 + c), s2);
      s3 = mean.fma(fromArray(SPECIES, w, w3 + c), s3);
      s4 = mean.fma(fromArray(SPECIES, w, w4 + c), s4);
      s5 = mean.fma(fromArray(SPECIES, w, w5 + c), s5);
      s6 = mean.fma(fromArray(SPECIES, w, w6 + c), s6);
      s7 = mean.fma(fromArray(SPECIES, w, w7 + c), s7);
      s8 = mean.fma(fromArray(SPECIES, w, w8 + c), s8);
      s9 = mean.fma(fromArray(SPECIES, w, w9 + c), s9);
    }
    s0.intoArray(lanes, lane);
    s1.intoArray(lanes, LANES + lane);
    s2.intoArray(lanes, 2 * LANES + lane);
    s3.intoArray(lanes, 3 * LANES + lane);
    s4.intoArray(lanes, 4 * LANES + lane);
    s5.intoArray(lanes, 5 * LANES + lane);
    s6.intoArray(lanes, 6 * LANES + lane);
    s7.intoArray(lanes, 7 * LANES + lane);
    s8.intoArray(lanes, 8 * LANES + lane);
    s9.intoArray(lanes, 9 * LANES + lane);
  }

  /** A row of {@link Kernel#centerGradient}. */
  static void subtract(float factor, float[] means, int inputs, float[] dw, int row) {
    int whole = inputs - inputs % WIDTH;
    for (int c = 0; c < whole; c += WIDTH) {
      FloatVector d = fromArray(SPECIES, dw, row + c);
      fromArray(SPECIES, means, c)
          .fma(FloatVector.broadcast(SPECIES, -factor), d)
          .intoArray(dw, row + c);
    }
    for (int c = whole; c < inputs; c++) {
      dw[row + c] = Math.fma(-factor, means[c], dw[row + c]);
    }
  }
}
