package io.streamgrad.topology;

/** The weights and the input do not belong together; the message says how to go on knowingly. */
final class InputMismatchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Mismatch.Kind kind;

  InputMismatchException(Mismatch mismatch) {
    super(mismatch.toString());
    kind = mismatch.kind();
  }

  Mismatch.Kind kind() {
    return kind;
  }
}
