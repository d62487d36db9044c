package io.streamgrad.streams.input;

/** The weights and the input do not belong together; the message says how to go on knowingly. */
public final class InputMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Mismatch.Kind kind;

  public InputMismatchException(Mismatch mismatch) {
    super(mismatch.toString());
    kind = mismatch.kind();
  }

  public Mismatch.Kind kind() {
    return kind;
  }
}
