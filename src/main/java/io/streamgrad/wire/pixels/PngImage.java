package io.streamgrad.wire.pixels;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A PNG image, by https://www.w3.org/TR/png-3/. Its header is read at once, so that its size can be
 * looked at first; the rest when pixels are asked for.
 *
 * <p>Pixels are samples as they are encoded: chunks that say what light they stand for (gAMA, cHRM,
 * sRGB, iCCP) change nothing. In this order, in whole numbers:
 *
 * <ol>
 *   <li>a sample becomes 8 bits: of 1, 2 and 4 bits times 255, 85 and 17; of 16 bits (v * 255 +
 *       32895) >> 16, which is v / 257 rounded;
 *   <li>what is not opaque lies on black: (v * alpha + 127) / 255;
 *   <li>grey of a color is (19595 red + 38470 green + 7471 blue + 32768) >> 16, luma by Rec. 601;
 *       color of a grey is three times that.
 * </ol>
 *
 * <p>A damaged file, by its check sums, and one with other data than its header says is refused as
 * a whole. Not thread-safe.
 */
public final class PngImage {
  private final ByteBuffer file;
  private final PngHeader header;

  private PngImage(ByteBuffer file, PngHeader header) {
    this.file = file;
    this.header = header;
  }

  /**
   * The image whose file these bytes are; they are not copied.
   *
   * @throws ImageFormatException if they do not begin as a PNG does
   */
  public static PngImage of(ByteBuffer file) throws ImageFormatException {
    return new PngImage(file, PngChunks.header(file));
  }

  /** Whether bytes begin as a PNG does. */
  public static boolean isPng(byte[] value) {
    return PngChunks.isPng(value);
  }

  /** Rows, 1 or above. */
  public int height() {
    return header.height();
  }

  /** Columns, 1 or above. */
  public int width() {
    return header.width();
  }

  /** Whether it is encoded in color, be it one or a palette. */
  public boolean isColor() {
    return header.colorType() != PngHeader.GREY && header.colorType() != PngHeader.GREY_ALPHA;
  }

  /**
   * Decodes the image. Takes memory in proportion to height times width, and to nothing else.
   *
   * @param channels 1 for grey, 3 for red, green and blue
   * @return (height, width, channels), unsigned bytes
   * @throws ImageFormatException if it is not a whole and undamaged PNG
   */
  public byte[] pixels(int channels) throws ImageFormatException {
    if (channels != 1 && channels != 3) {
      throw new IllegalArgumentException(channels + " channels, must be 1 or 3");
    }
    PngChunks png = PngChunks.read(file);
    char[] samples = PngRows.samples(png);
    byte[] pixels = new byte[header.height() * header.width() * channels];
    PixelSource source =
        header.colorType() == PngHeader.PALETTE ? palette(png, samples) : direct(png, samples);
    for (int i = 0, to = 0; to < pixels.length; i++) {
      int rgb = source.rgb(i);
      int red = rgb >> 16;
      int green = (rgb >> 8) & 0xff;
      int blue = rgb & 0xff;
      if (channels == 1) {
        pixels[to++] = (byte) ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16);
      } else {
        pixels[to++] = (byte) red;
        pixels[to++] = (byte) green;
        pixels[to++] = (byte) blue;
      }
    }
    return pixels;
  }

  /** Red, green and blue of a pixel, on black. */
  private interface PixelSource {
    int rgb(int pixel) throws ImageFormatException;
  }

  private PixelSource palette(PngChunks png, char[] samples) throws ImageFormatException {
    ByteBuffer colors = png.palette();
    ByteBuffer alphas = png.transparency();
    if (colors == null) {
      throw new ImageFormatException("its palette is missing");
    }
    int count = colors.remaining() / 3;
    if (alphas != null && alphas.remaining() > count) {
      throw new ImageFormatException(
          "tRNS is of %d colors, of %d in the palette".formatted(alphas.remaining(), count));
    }
    return pixel -> {
      int color = samples[pixel];
      if (color >= count) {
        throw new ImageFormatException(
            "pixel %d has color %d of %d in the palette".formatted(pixel, color, count));
      }
      int alpha = alphas == null || color >= alphas.remaining() ? 255 : alphas.get(color) & 0xff;
      return onBlack(
          colors.get(3 * color) & 0xff,
          colors.get(3 * color + 1) & 0xff,
          colors.get(3 * color + 2) & 0xff,
          alpha);
    };
  }

  private PixelSource direct(PngChunks png, char[] samples) throws ImageFormatException {
    int perPixel = header.samples();
    int colors = perPixel >= 3 ? 3 : 1;
    boolean hasAlpha = perPixel % 2 == 0;
    char[] transparent = transparent(png.transparency(), colors, hasAlpha);
    return pixel -> {
      int at = pixel * perPixel;
      int red = eightBits(samples[at]);
      int green = colors == 1 ? red : eightBits(samples[at + 1]);
      int blue = colors == 1 ? red : eightBits(samples[at + 2]);
      int alpha = hasAlpha ? eightBits(samples[at + colors]) : 255;
      return transparent != null && isAt(transparent, samples, at)
          ? 0
          : onBlack(red, green, blue, alpha);
    };
  }

  /** The one color that tRNS names, sample by sample; null where it names none. */
  private static char @Nullable [] transparent(
      @Nullable ByteBuffer chunk, int colors, boolean hasAlpha) throws ImageFormatException {
    if (chunk == null) {
      return null;
    }
    if (hasAlpha || chunk.remaining() != colors * Character.BYTES) {
      throw new ImageFormatException(
          "tRNS of %d bytes is not for its color type".formatted(chunk.remaining()));
    }
    char[] transparent = new char[colors];
    chunk.duplicate().asCharBuffer().get(transparent);
    return transparent;
  }

  private static boolean isAt(char[] color, char[] samples, int at) {
    for (int i = 0; i < color.length; i++) {
      if (samples[at + i] != color[i]) {
        return false;
      }
    }
    return true;
  }

  private int eightBits(int sample) {
    return header.bitDepth() == 16
        ? (sample * 255 + 32895) >> 16
        : sample * (255 / ((1 << header.bitDepth()) - 1));
  }

  private static int onBlack(int red, int green, int blue, int alpha) {
    return (onBlack(red, alpha) << 16) | (onBlack(green, alpha) << 8) | onBlack(blue, alpha);
  }

  private static int onBlack(int value, int alpha) {
    return (value * alpha + 127) / 255;
  }
}
