package io.streamgrad.cli;

import java.util.stream.Collectors;

/**
 * Text of unknown origin, fit for a terminal: what moves the cursor, breaks the line, turns the
 * direction of writing or can't be seen is written as {@code \}{@code u001b}.
 */
final class Printable {
  private Printable() {}

  /** A line for a person; a backslash is two, so that no text looks like what it is not. */
  static String line(String text) {
    return escaped(text.replace("\\", "\\\\"));
  }

  /** A line of JSON, in whose strings this means the same. */
  static String json(String json) {
    return escaped(json);
  }

  /** Lines for a person, each of them printable, as they stand. */
  static String lines(String text) {
    return text.lines().map(Printable::escaped).collect(Collectors.joining(System.lineSeparator()));
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (isVisible(c)) {
                escaped.appendCodePoint(c);
              } else {
                for (char unit : Character.toChars(c)) {
                  escaped.append("\\u%04x".formatted((int) unit));
                }
              }
            });
    return escaped.toString();
  }

  private static boolean isVisible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
