package io.streamgrad.store;

import java.time.Duration;

/**
 * How far stored states may be behind, in time that was spent learning: so long, a restore may have
 * to learn again. A commit writes the states that are that much behind, the oldest first, and so
 * many of them that each gets its turn in time and none makes a commit long; beyond twice the
 * target learning waits until they are written.
 *
 * @param target zero: with every commit all that is behind
 */
record RecoveryTarget(Duration target) {
  /** A commit may write as much in any case. */
  private static final long BYTES = 1 << 20;

  /** By how much faster than needed states go out: a large one has begun late already. */
  private static final double LEAD = 1.5;

  private long nanos() {
    return target.toNanos();
  }

  /** Whether a state is to be written that has been behind for so many nanoseconds. */
  boolean isDue(long behind) {
    return behind >= nanos();
  }

  /** Whether a state is to be written, whatever it takes. */
  boolean isLate(long behind) {
    return behind >= 2 * nanos();
  }

  /**
   * How many bytes of states an ordinary commit writes.
   *
   * @param behind bytes of all that is behind
   * @param elapsed nanoseconds since the last commit
   */
  long bytes(long behind, long elapsed) {
    return target.isZero()
        ? Long.MAX_VALUE
        : Math.max(BYTES, (long) (LEAD * behind * Math.min(1, (double) elapsed / nanos())));
  }
}
