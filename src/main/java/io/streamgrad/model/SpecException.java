package io.streamgrad.model;

/** A specification that no model can have. */
public final class SpecException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String key;
  private final transient Object value;
  private final String allowed;

  private SpecException(String key, Object value, String allowed) {
    super("%s: %s is not allowed; must be %s".formatted(key, value, allowed));
    this.key = key;
    this.value = value;
    this.allowed = allowed;
  }

  static void unless(boolean valid, String key, Object value, String allowed) {
    if (!valid) {
      throw new SpecException(key, value, allowed);
    }
  }

  /** What an average keeps of itself: 1 minus that is used, as a float, and must not become 0. */
  static void unlessDecay(double value, String key) {
    unless(value >= 0 && value <= 0.999999, key, value, "0 to 0.999999");
  }

  /** The component at fault, within the specification that was refused: optimizer.epsilon. */
  public String key() {
    return key;
  }

  /** What it was to be. */
  public Object value() {
    return value;
  }

  /** What it may be. */
  public String allowed() {
    return allowed;
  }
}
