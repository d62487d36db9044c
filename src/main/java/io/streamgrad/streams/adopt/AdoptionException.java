package io.streamgrad.streams.adopt;

/** Weights and input can't be brought together in this way; the message says why. */
public final class AdoptionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AdoptionException(String message) {
    super(message);
  }
}
