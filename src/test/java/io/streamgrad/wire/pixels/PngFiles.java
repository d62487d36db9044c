package io.streamgrad.wire.pixels;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** PNG files, written by hand: whole ones, and such as no encoder writes. */
public final class PngFiles {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};

  private PngFiles() {}

  /** A grey or RGB image of 8 bits; its pixels (height, width, channels). */
  public static byte[] png(int height, int width, int channels, byte[] pixels) {
    return concat(
        SIGNATURE,
        header(height, width, 8, channels == 1 ? 0 : 2),
        chunk("IDAT", deflated(rows(height, width * channels, pixels))),
        chunk("IEND"));
  }

  /** The signature that every file begins with. */
  static byte[] signature() {
    return SIGNATURE.clone();
  }

  static byte[] header(int height, int width, int depth, int type) {
    return chunk(
        "IHDR",
        ByteBuffer.allocate(13)
            .putInt(width)
            .putInt(height)
            .put((byte) depth)
            .put((byte) type)
            .array());
  }

  /** Each row behind its filter, none. */
  static byte[] rows(int height, int bytes, byte[] pixels) {
    ByteBuffer rows = ByteBuffer.allocate(height * (1 + bytes));
    for (int y = 0; y < height; y++) {
      rows.put((byte) 0).put(pixels, y * bytes, bytes);
    }
    return rows.array();
  }

  static byte[] chunk(String type, byte... data) {
    byte[] name = type.getBytes(StandardCharsets.ISO_8859_1);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    return ByteBuffer.allocate(12 + data.length)
        .putInt(data.length)
        .put(name)
        .put(data)
        .putInt((int) crc.getValue())
        .array();
  }

  static byte[] deflated(byte[] data) {
    Deflater deflater = new Deflater();
    deflater.setInput(data);
    deflater.finish();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    while (!deflater.finished()) {
      out.write(buffer, 0, deflater.deflate(buffer));
    }
    deflater.end();
    return out.toByteArray();
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
