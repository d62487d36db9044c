package io.streamgrad.model;

/**
 * The pseudo-random generator of the initial weights and of shuffles: SplitMix64 (Steele, Lea and
 * Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, with the constants of
 * Vigna's reference implementation). Integer arithmetic only, so every language gives the same
 * numbers; java.util's SplittableRandom gives them today, but does not promise to. Not thread-safe.
 */
public final class SplitMix64 {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private long state;

  /** The sequence of this seed, from its beginning. */
  public SplitMix64(long seed) {
    state = seed;
  }

  /** 64 random bits. */
  public long nextLong() {
    state += GOLDEN_GAMMA;
    return finish(state);
  }

  /**
   * The first number of a sequence: a hash of its seed, in which each bit of the seed changes about
   * half of the bits.
   */
  public static long mix(long seed) {
    return finish(seed + GOLDEN_GAMMA);
  }

  private static long finish(long state) {
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Uniform in [0, 1): the upper 24 bits, each value exactly a float. */
  float nextFloat() {
    return (nextLong() >>> 40) * 0x1p-24f;
  }
}
