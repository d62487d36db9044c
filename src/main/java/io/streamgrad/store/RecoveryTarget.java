package io.streamgrad.store;

import java.time.Duration;

/**
 * How far stored states may be behind, in time that was spent learning: so long, a restore may have
 * to learn again. A commit writes the states that are that much behind, the oldest first, and of
 * these a share that none makes long: all that is behind could be written in less than the target,
 * so that what is due is written before it is behind by twice as much.
 *
 * @param target zero: with every commit all that is behind
 * @param least so many bytes may a commit write in any case
 */
record RecoveryTarget(Duration target, long least) {
  private static final long LEAST = 1 << 20;

  /** By how much faster than needed states go out: a large one has begun late already. */
  private static final double LEAD = 1.5;

  RecoveryTarget(Duration target) {
    this(target, LEAST);
  }

  private long nanos() {
    return target.toNanos();
  }

  /** Whether a state is to be written that has been behind for so many nanoseconds. */
  boolean isDue(long behind) {
    return behind >= nanos();
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
        : Math.max(least, (long) (LEAD * behind * Math.min(1, (double) elapsed / nanos())));
  }
}
