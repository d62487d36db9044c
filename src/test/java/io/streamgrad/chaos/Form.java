package io.streamgrad.chaos;

/** How long the chaos tests take: short in every build, long under {@code -Pchaos}. */
public final class Form {
  /** Whether this is the long form. */
  public static final boolean LONG = Boolean.getBoolean("chaos.long");

  /** Of whatever a test leaves to chance; -Dchaos.seed for another. */
  public static final long SEED = Long.getLong("chaos.seed", 1);

  private Form() {}

  /** One of two numbers. */
  public static int of(int inShort, int inLong) {
    return LONG ? inLong : inShort;
  }
}
