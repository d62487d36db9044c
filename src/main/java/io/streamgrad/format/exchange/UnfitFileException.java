package io.streamgrad.format.exchange;

/** A file is not one that a model can begin with; the message says what of it is wrong. */
public final class UnfitFileException extends Exception {
  private static final long serialVersionUID = 1;

  UnfitFileException(String message) {
    super(message);
  }
}
