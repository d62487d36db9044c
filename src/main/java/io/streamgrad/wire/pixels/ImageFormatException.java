package io.streamgrad.wire.pixels;

/** Bytes that are not the image that they are said to be; the message says why. */
public final class ImageFormatException extends Exception {
  private static final long serialVersionUID = 1L;

  ImageFormatException(String message) {
    super(message);
  }
}
