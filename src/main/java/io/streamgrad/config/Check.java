package io.streamgrad.config;

import java.util.Locale;

/** Validation of single values; every message names the key, the value and what is allowed. */
final class Check {
  private Check() {}

  static void that(boolean valid, String key, Object value, String allowed) {
    if (!valid) {
      throw new ConfigException(
          String.format(Locale.ROOT, "%s: %s is not allowed; must be %s", key, value, allowed));
    }
  }
}
