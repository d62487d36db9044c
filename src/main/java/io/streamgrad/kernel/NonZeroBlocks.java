package io.streamgrad.kernel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Which blocks of {@value Kernel#LANES} neighbouring inputs of a batch are not all zero. Four
 * fifths of MNIST's pixels are zero, two fifths of the blocks are; kernels leave those out.
 *
 * <p>A matrix of bits, (images, blocks), and the same one transposed, each row in words of 64. Who
 * goes over the bits of a word takes no branch that depends on one of them, which would be
 * mispredicted too often. Reused from batch to batch; owned by one thread.
 *
 * <p>All images' bits are found in one go: pixels mostly come from memory, which is read fastest
 * from one end to the other. The transposed matrix is made when a block is first asked for.
 */
public final class NonZeroBlocks {
  private static final int LANES = Kernel.LANES;
  private static final VarHandle EIGHT_PIXELS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private int inputs;
  private int images;
  private int blocks;
  private int imageWords; // of a block
  private int blockWords; // of an image
  private long[] ofImages = {}; // (images, blockWords)
  private long[] ofBlocks = {}; // (blocks, imageWords), if transposed
  private boolean transposed;
  private final long[] square = new long[Long.SIZE];
  private boolean allLive;

  /** Of a batch of images that lie one after another, in bytes. */
  public void find(byte[] pixels, int offset, int images, int inputs) {
    reshape(images, inputs);
    allLive = false;
    transposed = false;
    for (int i = 0; i < images; i++) {
      for (int word = 0; word < blockWords; word++) {
        int first = word * Long.SIZE * LANES;
        int n = Math.min(Long.SIZE * LANES, inputs - first);
        ofImages[i * blockWords + word] = liveBits(pixels, offset + i * inputs + first, n);
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

  /** Every block is live: for inputs of which nothing is known. */
  public void all(int images, int inputs) {
    reshape(images, inputs);
    if (allLive) {
      return;
    }
    allLive = true;
    transposed = false;
    for (int word = 0; word < blockWords; word++) {
      long bits = -1L >>> Math.max(0, (word + 1) * Long.SIZE - blocks);
      for (int i = 0; i < images; i++) {
        ofImages[i * blockWords + word] = bits;
      }
    }
  }

  private void reshape(int images, int inputs) {
    if (this.images != images || this.inputs != inputs) {
      this.images = images;
      this.inputs = inputs;
      blocks = (inputs + LANES - 1) / LANES;
      allLive = false;
      imageWords = (images + Long.SIZE - 1) / Long.SIZE;
      blockWords = (blocks + Long.SIZE - 1) / Long.SIZE;
      ofImages = new long[images * blockWords];
      ofBlocks = new long[blocks * imageWords];
    }
  }

  /** From the images' bits to the blocks', in squares of 64. */
  private void transpose() {
    transposed = true;
    for (int i = 0; i < images; i += Long.SIZE) {
      for (int b = 0; b < blocks; b += Long.SIZE) {
        int rows = Math.min(Long.SIZE, images - i);
        for (int r = 0; r < rows; r++) {
          square[r] = ofImages[(i + r) * blockWords + b / Long.SIZE];
        }
        Arrays.fill(square, rows, Long.SIZE, 0);
        transpose(square);
        for (int r = 0; r < Math.min(Long.SIZE, blocks - b); r++) {
          ofBlocks[(b + r) * imageWords + i / Long.SIZE] = square[r];
        }
      }
    }
  }

  /** Exchanges ever smaller quarters of the square (Warren, "Hacker's Delight", 7-3). */
  private static void transpose(long[] square) {
    long low = 0xffffffffL;
    for (int half = Long.SIZE / 2; half > 0; half /= 2, low ^= low << half) {
      for (int r = 0; r < Long.SIZE; r = (r + half + 1) & -half - 1) {
        long exchanged = (square[r] >>> half ^ square[r + half]) & low;
        square[r] ^= exchanged << half;
        square[r + half] ^= exchanged;
      }
    }
  }

  /** Words of bits that an image has, one bit a block. */
  int wordsOfImage() {
    return blockWords;
  }

  /** Bit b: whether block {@code 64 word + b} of the image is live. */
  long ofImage(int image, int word) {
    return ofImages[image * blockWords + word];
  }

  /** Words of bits that a block has, one bit an image. */
  int wordsOfBlock() {
    return imageWords;
  }

  /** Bit i: whether the block that holds this input is live in image {@code 64 word + i}. */
  long ofBlock(int input, int word) {
    if (!transposed) {
      transpose();
    }
    return ofBlocks[input / LANES * imageWords + word];
  }
}
