package io.streamgrad.store;

import java.time.Duration;

/**
 * How far stored states may be behind: so long, a restore may have to learn again. A commit writes
 * the states that are that much behind, the oldest first, and of these a share that none makes
 * long: all that is behind could be written in less than the target, so that what is due is written
 * before it is behind by twice as much.
 *
 * <p>Of a great many models that learn a batch now and then, that would be more writing than
 * learning. Where it is more than so many bytes a second, a state may be behind by as much time as
 * was spent learning, which is what a restore takes, and not by as much as has passed.
 *
 * @param target zero: with every commit all that is behind
 * @param least so many bytes may a commit write in any case
 */
record RecoveryTarget(Duration target, long least) {
  private static final long LEAST = 1 << 20;

  /** Bytes a second. */
  private static final double MUCH = 20 << 20;

  /** By how much faster than needed states go out: a large one has begun late already. */
  private static final double LEAD = 1.5;

  private static final double NANOS = 1e9;

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
   * @param learning nanoseconds of these that were spent learning
   */
  long bytes(long behind, long elapsed, long learning) {
    if (target.isZero()) {
      return Long.MAX_VALUE;
    }
    double most = Math.max(share(behind, learning), MUCH * elapsed / NANOS);
    return Math.max(least, (long) Math.min(share(behind, elapsed), most));
  }

  private double share(long bytes, long elapsed) {
    return LEAD * bytes * Math.min(1, (double) elapsed / nanos());
  }
}
