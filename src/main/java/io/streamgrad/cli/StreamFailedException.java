package io.streamgrad.cli;

/** The service stopped because of an error, which is the cause. */
final class StreamFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StreamFailedException(Throwable cause) {
    super(cause);
  }
}
