package io.streamgrad.verify;

/** Nothing can be said about the service's work; the message says why, and what would help. */
public final class VerificationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  VerificationException(String message) {
    super(message);
  }
}
