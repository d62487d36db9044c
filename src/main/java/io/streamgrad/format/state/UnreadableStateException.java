package io.streamgrad.format.state;

/** Stored weights that this version of the service can't read; the message says what to do. */
public final class UnreadableStateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What can't be read and, where it helps, what to do. */
  public UnreadableStateException(String message) {
    super(message);
  }
}
