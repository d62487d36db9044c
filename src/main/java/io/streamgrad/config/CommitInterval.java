package io.streamgrad.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Time between two commits.
 *
 * @param given 1 ms to 1 hour; null for one that fits the models
 */
public record CommitInterval(@Nullable Duration given) {
  static final String ALLOWED = "auto or " + Durations.ALLOWED;

  private static final String AUTO = "auto";
  private static final Duration SHORTEST = Duration.ofMillis(50);
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Each commit writes the whole state; docs/decisions/0012 has what that costs. */
  private static final long BYTES_A_SECOND = 16 << 20;

  public CommitInterval {
    if (given != null) {
      Check.atLeastOneMillisecond(given, "commit-interval");
      // A transaction stays open for several of them, and Kafka counts its milliseconds in an int.
      Check.that(given.compareTo(LONGEST) <= 0, "commit-interval", given, "1h or shorter");
    }
  }

  static CommitInterval parse(String text) {
    return new CommitInterval(text.equals(AUTO) ? null : Durations.parse(text));
  }

  /** The interval itself, for a state of so many bytes. */
  Duration of(long stateBytes) {
    if (given != null) {
      return given;
    }
    Duration fit = Duration.ofMillis(stateBytes * 1000 / BYTES_A_SECOND);
    return fit.compareTo(SHORTEST) > 0 ? fit : SHORTEST;
  }
}
