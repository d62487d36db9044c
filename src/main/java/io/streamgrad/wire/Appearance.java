package io.streamgrad.wire;

import io.streamgrad.wire.pixels.PngImage;

/** What a value that can't be read seems to be, and what its producer is to do about it. */
final class Appearance {
  private Appearance() {}

  /** To be added to the reason; empty if it seems to be nothing that is known. */
  static String of(byte[] value, ContentType said) {
    if (said != ContentType.JSON && isLikeJson(value)) {
      return "; it looks like JSON: say so with the header content-type: application/json";
    }
    if (PngImage.isPng(value)) {
      return "; it looks like a PNG image: say so with the header content-type: image/png";
    }
    if (value.length > 2 && value[0] == -1 && value[1] == -40 && value[2] == -1) {
      return "; it looks like a JPEG image, which is not read: send it as PNG";
    }
    return "";
  }

  private static boolean isLikeJson(byte[] value) {
    for (byte b : value) {
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        return b == '{' || b == '[';
      }
    }
    return false;
  }
}
