package io.streamgrad.format.changelog;

import io.streamgrad.format.state.UnreadableStateException;
import io.streamgrad.model.Comparison;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A {@link Comparison} in the changelog, under the follower's name, little-endian:
 *
 * <pre>
 *   8 incarnation of the leader, 8 of the follower, 8 offset of the first batch, 8 of the last,
 *   8 sum of the leader's losses (double), 8 of the follower's, then (classes, 4) counts, 8 each
 * </pre>
 */
public final class ComparisonLayout {
  private static final int FIXED = 6 * Long.BYTES;
  private static final int OF_A_CLASS = 4 * Long.BYTES;

  private ComparisonLayout() {}

  /** The record of a comparison. */
  public static byte[] encode(Comparison comparison) {
    ByteBuffer out =
        ByteBuffer.allocate(FIXED + Long.BYTES * comparison.counts().length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(comparison.leader())
            .putLong(comparison.follower())
            .putLong(comparison.since())
            .putLong(comparison.last())
            .putDouble(comparison.leaderLoss())
            .putDouble(comparison.followerLoss());
    for (long count : comparison.counts()) {
      out.putLong(count);
    }
    return ChangelogLayout.value(0, out.array(), 0, ChangelogLayout.MAX_BYTES);
  }

  /**
   * That of a record.
   *
   * @throws UnreadableStateException if it is of none
   */
  public static Comparison decode(byte[] value) {
    ByteBuffer in = ByteBuffer.wrap(ChangelogLayout.content(value)).order(ByteOrder.LITTLE_ENDIAN);
    int classes = (in.remaining() - FIXED) / OF_A_CLASS;
    if (classes < 2 || in.remaining() != FIXED + OF_A_CLASS * classes) {
      throw new UnreadableStateException(
          "a comparison in the changelog has %d bytes".formatted(in.remaining()));
    }
    long leader = in.getLong();
    long follower = in.getLong();
    long since = in.getLong();
    long last = in.getLong();
    double leaderLoss = in.getDouble();
    double followerLoss = in.getDouble();
    long[] counts = new long[OF_A_CLASS / Long.BYTES * classes];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = in.getLong();
    }
    return new Comparison(leader, follower, since, last, counts, leaderLoss, followerLoss);
  }
}
