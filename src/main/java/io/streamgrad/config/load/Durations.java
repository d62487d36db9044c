package io.streamgrad.config.load;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as they are written in a configuration. */
final class Durations {
  static final String ALLOWED = "a duration with its unit: 100ms, 5s, 2m, 1h or ISO-8601 (PT5S)";

  private static final Pattern SHORT = Pattern.compile("(\\d+)(ms|s|m|h)");
  private static final Map<String, ChronoUnit> UNITS =
      Map.of(
          "ms", ChronoUnit.MILLIS,
          "s", ChronoUnit.SECONDS,
          "m", ChronoUnit.MINUTES,
          "h", ChronoUnit.HOURS);

  private Durations() {}

  /**
   * @throws IllegalArgumentException if the text is none of what {@link #ALLOWED} says
   */
  static Duration parse(String text) {
    try {
      Matcher matcher = SHORT.matcher(text);
      if (!matcher.matches()) {
        return Duration.parse(text);
      }
      ChronoUnit unit = UNITS.get(matcher.group(2));
      return Duration.of(Long.parseLong(matcher.group(1)), unit);
    } catch (DateTimeException | ArithmeticException | NumberFormatException e) {
      throw new IllegalArgumentException(ALLOWED, e);
    }
  }
}
