package io.streamgrad.wire;

import io.streamgrad.wire.pixels.PngImage;
import java.nio.ByteBuffer;

/** What a value that can't be read seems to be, and what its producer is to do about it. */
final class Appearance {
  private static final int FRAMED_INT = 1 + Integer.BYTES;
  private static final int FRAMED_LONG = 1 + Long.BYTES;

  private Appearance() {}

  /** To be added to the reason; empty if it seems to be nothing that is known. */
  static String of(byte[] value, ContentType said) {
    long schema = schema(value);
    if (schema > 0) {
      return "; it is framed by a schema registry's serializer (Confluent, Apicurio), with schema id %d: send the message's bytes without the registry"
          .formatted(schema);
    }
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

  /** The number after a zero byte, in four bytes, or in eight as Apicurio may have it; else 0. */
  private static long schema(byte[] value) {
    if (value.length <= FRAMED_INT || value[0] != 0) {
      return 0;
    }
    ByteBuffer bytes = ByteBuffer.wrap(value, 1, value.length - 1);
    int id = bytes.getInt();
    return id != 0 || value.length <= FRAMED_LONG ? id : bytes.getInt();
  }
}
