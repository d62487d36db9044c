package io.streamgrad.learner;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Which blocks of {@value Kernel#LANES} neighbouring inputs of a batch are not all zero. Four
 * fifths of MNIST's pixels are zero, two fifths of the blocks are; kernels leave those out.
 *
 * <p>Both ways to ask are answered by bits, lowest first: the live blocks of an image, and the
 * images in which a block is live. Reused from batch to batch; owned by one thread.
 */
final class LiveBlocks {
  private static final int LANES = Kernel.LANES;
  private static final VarHandle EIGHT_PIXELS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private long[] byImage = {}; // (images, ceil(blocks / 64)): the live blocks
  private long[] byBlock = {}; // (blocks, ceil(images / 64)): the images it is live in
  private int blocks;
  private int blockWords;
  private int imageWords;

  /** Of a batch of images that lie one after another, in bytes. */
  void find(byte[] pixels, int offset, int images, int inputs) {
    reshape(images, inputs);
    Arrays.fill(byBlock, 0);
    int whole = inputs / LANES;
    for (int i = 0; i < images; i++) {
      int at = offset + i * inputs;
      Arrays.fill(byImage, i * blockWords, (i + 1) * blockWords, 0);
      for (int b = 0; b < whole; b++, at += LANES) {
        mark(i, b, (long) EIGHT_PIXELS.get(pixels, at) | (long) EIGHT_PIXELS.get(pixels, at + 8));
      }
      long rest = 0;
      for (int p = whole * LANES; p < inputs; p++) {
        rest |= pixels[at++];
      }
      if (whole < blocks) {
        mark(i, whole, rest);
      }
    }
  }

  /** Without a branch, which would be mispredicted too often. */
  private void mark(int image, int block, long pixels) {
    long live = (pixels | -pixels) >>> 63; // 1, or 0 where all are zero
    byImage[image * blockWords + block / 64] |= live << block;
    byBlock[block * imageWords + image / 64] |= live << image;
  }

  /** Every block is live: for inputs of which nothing is known. */
  void all(int images, int inputs) {
    reshape(images, inputs);
    for (int i = 0; i < images; i++) {
      setFirst(byImage, i * blockWords, blocks);
    }
    for (int b = 0; b < blocks; b++) {
      setFirst(byBlock, b * imageWords, images);
    }
  }

  private void reshape(int images, int inputs) {
    blocks = (inputs + LANES - 1) / LANES;
    blockWords = (blocks + 63) / 64;
    imageWords = (images + 63) / 64;
    if (byImage.length < images * blockWords) {
      byImage = new long[images * blockWords];
    }
    if (byBlock.length < blocks * imageWords) {
      byBlock = new long[blocks * imageWords];
    }
  }

  private static void setFirst(long[] bits, int from, int n) {
    for (int done = 0, word = from; done < n; done += 64, word++) {
      bits[word] = n - done < 64 ? (1L << (n - done)) - 1 : -1;
    }
  }

  /** Words of 64 blocks each that an image has. */
  int blockWords() {
    return blockWords;
  }

  /** Words of 64 images each that a block has. */
  int imageWords() {
    return imageWords;
  }

  /** The live blocks of an image: bit b of word n is block 64 n + b. */
  long blocksOf(int image, int word) {
    return byImage[image * blockWords + word];
  }

  /** The images that a block is live in: bit i of word n is image 64 n + i. */
  long imagesOf(int block, int word) {
    return byBlock[block * imageWords + word];
  }
}
