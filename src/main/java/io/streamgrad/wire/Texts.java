package io.streamgrad.wire;

/** Text of unknown origin, fit for a message. */
final class Texts {
  private static final int MAX_LENGTH = 100;

  private Texts() {}

  /** Without control characters, and not too long. */
  static String shortened(String text) {
    String clean = text.replaceAll("\\p{Cntrl}", "?");
    return clean.length() <= MAX_LENGTH ? clean : clean.substring(0, MAX_LENGTH) + "...";
  }
}
