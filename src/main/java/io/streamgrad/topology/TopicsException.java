package io.streamgrad.topology;

/** The topics are not as the service needs them; the message says what to do. */
public final class TopicsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TopicsException(String message) {
    super(message);
  }
}
