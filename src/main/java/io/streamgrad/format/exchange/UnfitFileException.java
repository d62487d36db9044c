package io.streamgrad.format.exchange;

/** A file of arrays is not one that can be read here; the message says what of it is wrong. */
public final class UnfitFileException extends Exception {
  private static final long serialVersionUID = 1;

  UnfitFileException(String message) {
    super(message);
  }
}
