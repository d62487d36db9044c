package io.streamgrad.embedded;

/**
 * The embedded broker can't start or stop; the message says what of it, for the person who started
 * it, and the cause says why.
 */
public final class EmbeddedBrokerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  EmbeddedBrokerException(String message) {
    super(message);
  }

  EmbeddedBrokerException(String message, Throwable cause) {
    super(message, cause);
  }
}
