package io.streamgrad.wire;

import java.util.regex.Pattern;

/** Text of unknown origin, fit for a message. */
final class Texts {
  private static final int MAX_LENGTH = 100;

  /** Controls, format characters, line separators, halves of characters. */
  private static final Pattern UNPRINTABLE =
      Pattern.compile("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}\\p{Cs}]");

  private Texts() {}

  /** Without control characters, and not too long. */
  static String shortened(String text) {
    return shortened(text, MAX_LENGTH);
  }

  /** Without control characters, and not longer than that. */
  static String shortened(String text, int maxLength) {
    String start = text.length() <= maxLength ? text : text.substring(0, maxLength) + "...";
    return UNPRINTABLE.matcher(start).replaceAll("?");
  }
}
