package io.streamgrad.model;

/**
 * How often a follower and its leader were right, on the same images: those that both have
 * predicted on arrival, since the present incarnation of each has. Owned by one thread.
 */
public final class Comparison {
  private static final int CASES = 4;
  private static final int LEADER = 1; // bits of a case: is right
  private static final int FOLLOWER = 2;

  private final long leader; // incarnations
  private final long follower;
  private final long since;
  private final long[] counts; // (classes, cases)
  private long last;
  private double leaderLoss;
  private double followerLoss;

  /**
   * Nothing compared yet.
   *
   * @param leader its incarnation
   * @param follower its incarnation
   * @param since offset of the first batch
   */
  public Comparison(int classes, long leader, long follower, long since) {
    this(leader, follower, since, since - 1, new long[classes * CASES], 0, 0);
  }

  /**
   * One read back.
   *
   * @param counts (classes, 4): images by label, and by who was right: none, the leader alone, the
   *     follower alone, both; not copied
   */
  public Comparison(
      long leader,
      long follower,
      long since,
      long last,
      long[] counts,
      double leaderLoss,
      double followerLoss) {
    this.leader = leader;
    this.follower = follower;
    this.since = since;
    this.last = last;
    this.counts = counts;
    this.leaderLoss = leaderLoss;
    this.followerLoss = followerLoss;
  }

  /** Whether it is of these incarnations. */
  public boolean isOf(long ofLeader, long ofFollower) {
    return leader == ofLeader && follower == ofFollower;
  }

  /**
   * Adds an image.
   *
   * @param batch offset of its batch
   * @param leadersLoss cross-entropy of the label, in nats
   */
  public void add(
      long batch,
      int label,
      boolean leaderRight,
      boolean followerRight,
      double leadersLoss,
      double followersLoss) {
    counts[CASES * label + (leaderRight ? LEADER : 0) + (followerRight ? FOLLOWER : 0)]++;
    leaderLoss += leadersLoss;
    followerLoss += followersLoss;
    last = Math.max(last, batch);
  }

  /** The leader's incarnation. */
  public long leader() {
    return leader;
  }

  /** The follower's incarnation. */
  public long follower() {
    return follower;
  }

  /** Offset of the first batch. */
  public long since() {
    return since;
  }

  /** Offset of the last batch. */
  public long last() {
    return last;
  }

  /** (classes, 4) images by label, and by who was right; not a copy. */
  public long[] counts() {
    return counts;
  }

  /** Sum of the leader's cross-entropies, in nats. */
  public double leaderLoss() {
    return leaderLoss;
  }

  /** Sum of the follower's cross-entropies, in nats. */
  public double followerLoss() {
    return followerLoss;
  }

  /** The number of classes. */
  public int classes() {
    return counts.length / CASES;
  }

  /** Images of a class. */
  public long images(int label) {
    return count(label, false, false)
        + count(label, true, false)
        + count(label, false, true)
        + count(label, true, true);
  }

  /** Images of a class that the leader, and the follower, were right or wrong about. */
  public long count(int label, boolean leaderRight, boolean followerRight) {
    return counts[CASES * label + (leaderRight ? LEADER : 0) + (followerRight ? FOLLOWER : 0)];
  }

  /** The same of all classes. */
  public long count(boolean leaderRight, boolean followerRight) {
    long sum = 0;
    for (int label = 0; label < classes(); label++) {
      sum += count(label, leaderRight, followerRight);
    }
    return sum;
  }

  /** All images. */
  public long images() {
    long sum = 0;
    for (int label = 0; label < classes(); label++) {
      sum += images(label);
    }
    return sum;
  }
}
