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
  private int[] pair = {}; // (blocks): 1 where one of the two images is live

  /** Of a batch of images that lie one after another, in bytes. */
  void find(byte[] pixels, int offset, int images, int inputs) {
    reshape(images, inputs);
    Arrays.fill(livingCounts, 0);
    for (int i = 0; i < images; i++) {
      int at = offset + i * inputs;
      int odd = i & 1;
      for (int b = 0; b < blocks; b++) {
        int live = live(pixels, at + b * LANES, Math.min(LANES, inputs - b * LANES));
        // Written in any case and kept by counting: a branch would be mispredicted too often.
        living[b * images + livingCounts[b]] = i;
        livingCounts[b] += live;
        pair[b] = pair[b] * odd | live;
      }
      listStarts(i / 2);
    }
  }

  /** 1, or 0 where all pixels are zero. */
  private static int live(byte[] pixels, int from, int n) {
    long any = 0;
    if (n == LANES) {
      any = (long) EIGHT_PIXELS.get(pixels, from) | (long) EIGHT_PIXELS.get(pixels, from + 8);
    } else {
      for (int p = from; p < from + n; p++) {
        any |= pixels[p];
      }
    }
    return (int) ((any | -any) >>> 63);
  }

  private void listStarts(int p) {
    int n = 0;
    for (int b = 0; b < blocks; b++) {
      starts[p * blocks + n] = b * LANES;
      n += pair[b];
    }
    startCounts[p] = n;
  }

  /** Every block is live: for inputs of which nothing is known. */
  void all(int images, int inputs) {
    reshape(images, inputs);
    Arrays.fill(pair, 1);
    for (int p = 0; p < startCounts.length; p++) {
      listStarts(p);
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
      int pairs = (images + 1) / 2;
      starts = new int[pairs * blocks];
      startCounts = new int[pairs];
      living = new int[blocks * images];
      livingCounts = new int[blocks];
      pair = new int[blocks];
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
