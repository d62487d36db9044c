package io.streamgrad.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads an option's time. */
final class PointInTime implements ITypeConverter<Instant> {
  static final String ALLOWED =
      "2026-01-31T12:00:00Z, 2026-01-31T12:00 by this machine's clock, or how long ago (90s, 15m,"
          + " 2h, 3d)";

  @Override
  public Instant convert(String text) {
    try {
      if (text.matches("\\d{1,9}[smh]")) {
        return Instant.now().minus(Duration.parse("PT" + text.toUpperCase(Locale.ROOT)));
      }
      if (text.matches("\\d{1,9}d")) {
        return Instant.now().minus(Duration.parse("P" + text.toUpperCase(Locale.ROOT)));
      }
      TemporalAccessor time =
          DateTimeFormatter.ISO_DATE_TIME.parseBest(text, Instant::from, LocalDateTime::from);
      return time instanceof LocalDateTime local
          ? local.atZone(ZoneId.systemDefault()).toInstant()
          : Instant.from(time);
    } catch (DateTimeException e) {
      throw new TypeConversionException("'%s' must be a time: %s".formatted(text, ALLOWED));
    }
  }
}
