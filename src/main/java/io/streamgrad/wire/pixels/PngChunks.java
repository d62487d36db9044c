package io.streamgrad.wire.pixels;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that make the picture of a PNG, from its first byte to its last, each with its check
 * sum.
 *
 * @param header IHDR
 * @param palette PLTE, red, green and blue of each entry; null where there is none
 * @param transparency tRNS; null where there is none
 * @param data IDAT, one after the other, in the file's own bytes
 */
record PngChunks(
    PngHeader header,
    @Nullable ByteBuffer palette,
    @Nullable ByteBuffer transparency,
    List<ByteBuffer> data) {

  private static final long SIGNATURE = 0x89504E470D0A1A0AL;
  private static final int IHDR = 0x49484452;
  private static final int PLTE = 0x504C5445;
  private static final int IDAT = 0x49444154;
  private static final int IEND = 0x49454E44;
  private static final int TRNS = 0x74524E53;

  /** Bit 5 of a chunk's first letter: it may be passed over by who does not know it. */
  private static final int ANCILLARY = 0x20000000;

  /** Length, type and check sum. */
  private static final int OVERHEAD = 3 * Integer.BYTES;

  private static final int MAX_PALETTE = 3 * 256;

  /** Whether bytes begin as a PNG does. */
  static boolean isPng(byte[] value) {
    return value.length >= Long.BYTES && ByteBuffer.wrap(value).getLong() == SIGNATURE;
  }

  /** The header alone: looks at the file's first bytes and no further. */
  static PngHeader header(ByteBuffer file) throws ImageFormatException {
    ByteBuffer in = file.duplicate();
    if (in.remaining() < Long.BYTES || in.getLong() != SIGNATURE) {
      throw new ImageFormatException("it does not begin with PNG's signature");
    }
    if (in.remaining() < PngHeader.BYTES + OVERHEAD
        || in.getInt() != PngHeader.BYTES
        || in.getInt() != IHDR) {
      throw new ImageFormatException("it does not begin with a whole IHDR");
    }
    return PngHeader.read(in);
  }

  /** Walks over the whole file. */
  static PngChunks read(ByteBuffer file) throws ImageFormatException {
    PngHeader header = header(file);
    ByteBuffer palette = null;
    ByteBuffer transparency = null;
    List<ByteBuffer> data = new ArrayList<>();
    int before = 0;
    ByteBuffer in = file.duplicate();
    in.position(in.position() + Long.BYTES);
    while (before != IEND) {
      if (in.remaining() < OVERHEAD) {
        throw new ImageFormatException("it ends within a chunk, or without IEND");
      }
      int length = in.getInt();
      int type = in.getInt(in.position());
      if (length < 0 || length > in.remaining() - 2 * Integer.BYTES) {
        throw new ImageFormatException("it ends within " + name(type));
      }
      ByteBuffer chunk = chunk(in, length, type);
      switch (type) {
        case IHDR -> require(before == 0, "IHDR comes twice");
        case PLTE -> {
          require(palette == null && data.isEmpty(), "PLTE comes twice, or after IDAT");
          require(
              length > 0 && length % 3 == 0 && length <= MAX_PALETTE,
              "PLTE has " + length + " bytes");
          palette = chunk;
        }
        case TRNS -> {
          require(transparency == null && data.isEmpty(), "tRNS comes twice, or after IDAT");
          transparency = chunk;
        }
        case IDAT -> {
          require(data.isEmpty() || before == IDAT, "other chunks lie between its IDATs");
          data.add(chunk);
        }
        case IEND -> require(length == 0 && !in.hasRemaining(), "there is more after IEND");
        default -> require((type & ANCILLARY) != 0, "nobody knows its critical " + name(type));
      }
      before = type;
    }
    require(!data.isEmpty(), "it has no IDAT");
    return new PngChunks(header, palette, transparency, data);
  }

  /** From the type on; goes to the next chunk. */
  private static ByteBuffer chunk(ByteBuffer in, int length, int type) throws ImageFormatException {
    CRC32 crc = new CRC32();
    crc.update(in.slice(in.position(), Integer.BYTES + length));
    ByteBuffer chunk = in.slice(in.position() + Integer.BYTES, length);
    in.position(in.position() + Integer.BYTES + length);
    require((int) crc.getValue() == in.getInt(), name(type) + " does not have its check sum");
    return chunk;
  }

  private static void require(boolean good, String otherwise) throws ImageFormatException {
    if (!good) {
      throw new ImageFormatException(otherwise);
    }
  }

  private static String name(int type) {
    byte[] name = ByteBuffer.allocate(Integer.BYTES).putInt(type).array();
    return "chunk \"%s\"".formatted(new String(name, StandardCharsets.ISO_8859_1));
  }
}
