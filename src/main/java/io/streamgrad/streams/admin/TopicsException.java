package io.streamgrad.streams.admin;

/** The topics are not as the service needs them; the message says what to do. */
public final class TopicsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong with which topics, and what to do. */
  public TopicsException(String message) {
    super(message);
  }
}
