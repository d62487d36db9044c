package io.streamgrad.config;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A pattern for names: {@code *} stands for any characters, also none, and everything else for
 * itself. No regular expression: whoever sends names must not be able to send one that takes long.
 */
public final class NamePattern {
  private final byte[] pattern; // UTF-8, in which no character looks like the middle of another

  private NamePattern(byte[] pattern) {
    this.pattern = pattern;
  }

  public static NamePattern of(String pattern) {
    return new NamePattern(pattern.getBytes(UTF_8));
  }

  /**
   * Whether the whole name is like this. Takes at most as many steps as the two lengths multiplied,
   * and allocates nothing.
   *
   * @param name in UTF-8
   */
  public boolean matches(byte[] name) {
    int p = 0;
    int n = 0;
    int star = -1; // the last one passed
    int resume = 0; // where the name goes on if that one takes one byte more
    while (n < name.length) {
      if (p < pattern.length && pattern[p] == '*') {
        star = p++;
        resume = n;
      } else if (p < pattern.length && pattern[p] == name[n]) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++resume;
      } else {
        return false;
      }
    }
    while (p < pattern.length && pattern[p] == '*') {
      p++;
    }
    return p == pattern.length;
  }
}
