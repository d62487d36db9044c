package io.streamgrad.embedded;

/** The embedded broker can't start or stop; the message says why, for the person who started it. */
public final class EmbeddedBrokerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EmbeddedBrokerException(String message) {
    super(message);
  }

  EmbeddedBrokerException(String message, Throwable cause) {
    super(message, cause);
  }
}
