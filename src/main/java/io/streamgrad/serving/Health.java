package io.streamgrad.serving;

/**
 * Whether something works, at one moment.
 *
 * @param ok whether it does
 * @param reason one line that says why, or why not
 */
public record Health(boolean ok, String reason) {

  /** It works. */
  public static Health up() {
    return new Health(true, "ok");
  }

  /** It does not work, for this reason. */
  public static Health down(String reason) {
    return new Health(false, reason);
  }
}
