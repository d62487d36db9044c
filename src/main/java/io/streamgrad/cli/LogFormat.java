package io.streamgrad.cli;

import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What log lines look like; log4j2.xml has an appender for either. */
enum LogFormat {
  TEXT,
  JSON;

  private static final String VARIABLE = "STREAMGRAD_LOG_FORMAT";

  /**
   * The one that was asked for.
   *
   * @throws IllegalArgumentException if there is no such format
   */
  static LogFormat chosen() {
    return of(System.getenv(VARIABLE));
  }

  static LogFormat of(@Nullable String name) {
    if (name == null) {
      return TEXT;
    }
    return Arrays.stream(values())
        .filter(format -> format.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s %s: must be text or json".formatted(VARIABLE, Printable.line(name))));
  }
}
