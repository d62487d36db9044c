package io.streamgrad.dataset;

import io.streamgrad.model.SplitMix64;

/** Fisher-Yates. */
final class Shuffle {
  private Shuffle() {}

  /** From the end: position i changes places with one of 0 to i. */
  static void shuffle(int[] values, SplitMix64 random) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = below(i + 1, random);
      int swapped = values[i];
      values[i] = values[j];
      values[j] = swapped;
    }
  }

  /**
   * A number in [0, bound): the upper half of 32 random bits times the bound. Its bias, less than
   * bound / 2^32, is far below what a shuffle could show.
   */
  private static int below(int bound, SplitMix64 random) {
    return (int) (((random.nextLong() >>> 32) * bound) >>> 32);
  }
}
