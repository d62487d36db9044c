package io.streamgrad.config;

import java.time.Duration;
import java.util.regex.Pattern;

/** Validation of single values; every message names the key, the value and what is allowed. */
public final class Check {
  private static final Pattern KAFKA_NAME = Pattern.compile("[a-zA-Z0-9._-]+");

  private Check() {}

  static void that(boolean valid, String key, Object value, String allowed) {
    if (!valid) {
      throw new ConfigException(key, ConfigException.notAllowed(value, allowed));
    }
  }

  static void present(String value, String key) {
    that(!value.isBlank(), key, value, "given");
  }

  /** Kafka counts in milliseconds, so a shorter duration would silently become 0. */
  static void atLeastOneMillisecond(Duration value, String key) {
    that(value.compareTo(Duration.ofMillis(1)) >= 0, key, value, "1ms or longer");
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
}
