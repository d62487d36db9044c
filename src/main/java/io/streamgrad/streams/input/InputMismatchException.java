package io.streamgrad.streams.input;

/** The weights and the input do not belong together; the message says how to go on knowingly. */
public final class InputMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Mismatch.Kind kind;

  /** Weights and input do not belong together in this way. */
  public InputMismatchException(Mismatch mismatch) {
    super(mismatch.toString());
    kind = mismatch.kind();
  }

  /** What does not belong together. */
  public Mismatch.Kind kind() {
    return kind;
  }
}
