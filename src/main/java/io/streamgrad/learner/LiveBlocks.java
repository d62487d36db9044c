package io.streamgrad.learner;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Which blocks of {@value Kernel#LANES} neighbouring inputs of a batch are not all zero. Four
 * fifths of MNIST's pixels are zero, two fifths of the blocks are; kernels leave those out.
 *
 * <p>Two kinds of lists, both ascending: where the live blocks of a pair of images begin, and the
 * images that a block is live in. Reused from batch to batch; owned by one thread.
 */
final class LiveBlocks {
  private static final int LANES = Kernel.LANES;
  private static final VarHandle EIGHT_PIXELS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private int blocks;
  private int images;
  private int[] starts = {}; // (pairs of images, blocks): the inputs at which live blocks begin,
  private int[] startCounts = {}; // (pairs): how many there are
  private int[] living = {}; // (blocks, images): the images in which the block is live,
  private int[] livingCounts = {}; // (blocks): how many there are
  private boolean allLive;
  private long[] pair = {}; // (blocks / 64): a bit for each block live in one of a pair

  /** Of a batch of images that lie one after another, in bytes. */
  void find(byte[] pixels, int offset, int images, int inputs) {
    reshape(images, inputs);
    allLive = false;
    Arrays.fill(livingCounts, 0);
    Arrays.fill(startCounts, 0);
    for (int i = 0; i < images; i++) {
      int at = offset + i * inputs;
      boolean lastOfPair = i % 2 == 1 || i == images - 1;
      // 64 blocks at a time as bits: that takes no branch, which would be mispredicted too often.
      for (int first = 0, word = 0; first < blocks; first += 64, word++) {
        long bits =
            liveBits(pixels, at + first * LANES, Math.min(64 * LANES, inputs - first * LANES));
        listImage(i, first, bits);
        pair[word] = i % 2 == 0 ? bits : pair[word] | bits;
        if (lastOfPair) {
          listStarts(i / 2, first, pair[word]);
        }
      }
    }
  }

  /**
   * Bit b is set where the block of pixels b is not all zero; the last block may be a short one.
   */
  private static long liveBits(byte[] pixels, int from, int n) {
    long bits = 0;
    int whole = n / LANES;
    for (int b = 0, at = from; b < whole; b++, at += LANES) {
      long any = (long) EIGHT_PIXELS.get(pixels, at) | (long) EIGHT_PIXELS.get(pixels, at + 8);
      bits |= (any | -any) >>> 63 << b;
    }
    for (int p = whole * LANES; p < n; p++) {
      bits |= pixels[from + p] != 0 ? 1L << whole : 0;
    }
    return bits;
  }

  private void listImage(int image, int first, long blockBits) {
    for (long bits = blockBits; bits != 0; bits &= bits - 1) {
      int b = first + Long.numberOfTrailingZeros(bits);
      living[b * images + livingCounts[b]++] = image;
    }
  }

  private void listStarts(int p, int first, long blockBits) {
    int n = startCounts[p];
    for (long bits = blockBits; bits != 0; bits &= bits - 1) {
      starts[p * blocks + n++] = (first + Long.numberOfTrailingZeros(bits)) * LANES;
    }
    startCounts[p] = n;
  }

  /** Every block is live: for inputs of which nothing is known. */
  void all(int images, int inputs) {
    reshape(images, inputs);
    if (allLive) {
      return;
    }
    allLive = true;
    Arrays.fill(startCounts, blocks);
    for (int n = 0; n < starts.length; n++) {
      starts[n] = n % blocks * LANES;
    }
    Arrays.fill(livingCounts, images);
    for (int b = 0; b < blocks; b++) {
      for (int i = 0; i < images; i++) {
        living[b * images + i] = i;
      }
    }
  }

  private void reshape(int images, int inputs) {
    int count = (inputs + LANES - 1) / LANES;
    if (this.images != images || blocks != count) {
      this.images = images;
      blocks = count;
      allLive = false;
      int pairs = (images + 1) / 2;
      starts = new int[pairs * blocks];
      startCounts = new int[pairs];
      living = new int[blocks * images];
      livingCounts = new int[blocks];
      pair = new long[(blocks + 63) / 64];
    }
  }

  /** Where the live blocks begin, for all pairs of images. */
  int[] starts() {
    return starts;
  }

  /** The index in {@link #starts} of the first for an image and the other of its pair. */
  int firstStart(int image) {
    return image / 2 * blocks;
  }

  /** The index behind the last. */
  int endOfStarts(int image) {
    return firstStart(image) + startCounts[image / 2];
  }

  /** The images in which a block is live, for all blocks. */
  int[] living() {
    return living;
  }

  /** The index in {@link #living} of the first, for the block that holds an input. */
  int firstLiving(int input) {
    return input / LANES * images;
  }

  /** The index behind the last. */
  int endOfLiving(int input) {
    return firstLiving(input) + livingCounts[input / LANES];
  }
}
