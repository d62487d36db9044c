package io.streamgrad.cli;

import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.ModelName;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Checks of a command's options; what is not allowed ends it as wrong arguments do. */
final class Arguments {
  private Arguments() {}

  /**
   * Requires that an option's value is allowed.
   *
   * @throws ParameterException naming the option, the value and what is allowed
   */
  static void require(
      CommandSpec spec, boolean valid, String option, @Nullable Object value, String allowed) {
    if (!valid) {
      throw new ParameterException(
          spec.commandLine(), "%s %s: must be %s".formatted(option, shown(value), allowed));
    }
  }

  /** Requires a port that can be listened on, or 0 for any. */
  static void requirePort(CommandSpec spec, String option, int port) {
    require(spec, port >= 0 && port <= 65_535, option, port, "0 (any free port) to 65535");
  }

  /** Requires a name that a model may have. */
  static void requireModelName(CommandSpec spec, String option, String name) {
    try {
      ModelName.of(name.getBytes(StandardCharsets.UTF_8), name);
    } catch (BadRecordException e) {
      require(spec, false, option, name, "1 to 249 bytes of UTF-8 without control characters");
    }
  }

  private static String shown(@Nullable Object value) {
    String text = String.valueOf(value);
    return text.isBlank() ? "\"" + text + "\"" : Printable.line(text);
  }
}
