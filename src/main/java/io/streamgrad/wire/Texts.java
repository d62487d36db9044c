package io.streamgrad.wire;

/** Text of unknown origin, fit for a message. */
final class Texts {
  private static final int MAX_LENGTH = 100;

  private Texts() {}

  /** Without control characters, and not too long. */
  static String shortened(String text) {
    return shortened(text, MAX_LENGTH);
  }

  /** Without control characters, and not longer than that. */
  static String shortened(String text, int maxLength) {
    String start = text.length() <= maxLength ? text : text.substring(0, maxLength) + "...";
    return start.replaceAll("\\p{Cntrl}", "?");
  }
}
