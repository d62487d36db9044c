package io.streamgrad.config;

import java.time.Duration;
import java.util.regex.Pattern;

/** Validation of single values; every message names the key, the value and what is allowed. */
final class Check {
  private static final Pattern KAFKA_NAME = Pattern.compile("[a-zA-Z0-9._-]+");

  private Check() {}

  static void that(boolean valid, String key, Object value, String allowed) {
    if (!valid) {
      throw new ConfigException(key, notAllowed(value, allowed));
    }
  }

  static void present(String value, String key) {
    that(!value.isBlank(), key, value, "given");
  }

  /** Kafka counts in milliseconds, so a shorter duration would silently become 0. */
  static void atLeastOneMillisecond(Duration value, String key) {
    that(value.compareTo(Duration.ofMillis(1)) >= 0, key, value, "1ms or longer");
  }

  /** What an average keeps of itself: 1 minus that is used, as a float, and must not become 0. */
  static void decay(double value, String key) {
    that(value >= 0 && value <= 0.999999, key, value, "0 to 0.999999");
  }

  /** A name that Kafka accepts for a topic, and a file system for a directory. */
  static void kafkaName(String value, int maxLength, String key) {
    that(
        KAFKA_NAME.matcher(value).matches()
            && value.length() <= maxLength
            && !value.equals(".")
            && !value.equals(".."),
        key,
        value,
        "1 to " + maxLength + " letters, digits, '.', '_' and '-', and neither '.' nor '..'");
  }

  static String notAllowed(Object value, String allowed) {
    String shown = value.toString().isBlank() ? "\"" + value + "\"" : value.toString();
    return shown + " is not allowed; must be " + allowed;
  }
}
