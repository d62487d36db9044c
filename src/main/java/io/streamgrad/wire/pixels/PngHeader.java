package io.streamgrad.wire.pixels;

import java.nio.ByteBuffer;

/**
 * The IHDR chunk of a PNG image.
 *
 * @param width columns, above 0
 * @param height rows, above 0
 * @param bitDepth bits of a sample: 1, 2, 4, 8 or 16
 * @param colorType {@link #GREY} and so on
 * @param interlaced by Adam7
 */
record PngHeader(int width, int height, int bitDepth, int colorType, boolean interlaced) {
  static final int GREY = 0;
  static final int RGB = 2;
  static final int PALETTE = 3;
  static final int GREY_ALPHA = 4;
  static final int RGB_ALPHA = 6;

  /** Bytes of the chunk's data. */
  static final int BYTES = 13;

  /** The header that the next bytes are. */
  static PngHeader read(ByteBuffer in) throws ImageFormatException {
    int width = in.getInt();
    int height = in.getInt();
    int bitDepth = in.get();
    int colorType = in.get();
    int compression = in.get();
    int filter = in.get();
    int interlace = in.get();
    if (width < 1 || height < 1) {
      throw new ImageFormatException(
          "it is %d x %d, and no side may be 0 or above 2^31 - 1"
              .formatted(Integer.toUnsignedLong(height), Integer.toUnsignedLong(width)));
    }
    boolean depthFits =
        switch (colorType) {
          case GREY -> bitDepth == 1 || bitDepth == 2 || bitDepth == 4 || isWhole(bitDepth);
          case PALETTE -> bitDepth == 1 || bitDepth == 2 || bitDepth == 4 || bitDepth == 8;
          case RGB, GREY_ALPHA, RGB_ALPHA -> isWhole(bitDepth);
          default -> false;
        };
    if (!depthFits || compression != 0 || filter != 0 || (interlace & ~1) != 0) {
      throw new ImageFormatException(
          "there is none of color type %d with %d bits, compression %d, filter %d, interlace %d"
              .formatted(colorType, bitDepth, compression, filter, interlace));
    }
    return new PngHeader(width, height, bitDepth, colorType, interlace == 1);
  }

  private static boolean isWhole(int bitDepth) {
    return bitDepth == 8 || bitDepth == 16;
  }

  /** Samples of a pixel. */
  int samples() {
    return switch (colorType) {
      case RGB -> 3;
      case GREY_ALPHA -> 2;
      case RGB_ALPHA -> 4;
      default -> 1;
    };
  }

  /** Bytes of a row of so many pixels, without the byte that names its filter. */
  int rowBytes(int pixels) {
    return (int) (((long) pixels * samples() * bitDepth + 7) / 8);
  }

  /** What filters take for a pixel, in bytes. */
  int filterDistance() {
    return Math.max(1, samples() * bitDepth / 8);
  }
}
