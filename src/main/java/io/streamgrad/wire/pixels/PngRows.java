package io.streamgrad.wire.pixels;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The samples of a PNG: inflated, without filters, interlaced passes put together. Takes no more
 * memory than the header says, whatever the data inflates to.
 */
final class PngRows {
  /** Of each pass: first column, first row, distance of columns, distance of rows. */
  private static final int[][] ADAM7 = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private static final int[][] ONE_PASS = {{0, 0, 1, 1}};

  private final PngHeader header;
  private final byte[] filtered;
  private int position; // in filtered

  private PngRows(PngHeader header, byte[] filtered) {
    this.header = header;
    this.filtered = filtered;
  }

  /**
   * Decodes an image.
   *
   * @return (height, width, samples), as they are: 0 to 2^bitDepth - 1
   */
  static char[] samples(PngChunks png) throws ImageFormatException {
    PngHeader header = png.header();
    int[][] passes = header.interlaced() ? ADAM7 : ONE_PASS;
    long bytes = 0;
    for (int[] pass : passes) {
      int columns = columns(header, pass);
      bytes += columns == 0 ? 0 : (long) rows(header, pass) * (1 + header.rowBytes(columns));
    }
    PngRows rows = new PngRows(header, inflate(png, Math.toIntExact(bytes)));
    char[] samples = new char[header.width() * header.height() * header.samples()];
    for (int[] pass : passes) {
      if (columns(header, pass) > 0) {
        rows.readPass(pass, samples);
      }
    }
    return samples;
  }

  private static int columns(PngHeader header, int[] pass) {
    return Math.max(0, (header.width() - pass[0] + pass[2] - 1) / pass[2]);
  }

  private static int rows(PngHeader header, int[] pass) {
    return Math.max(0, (header.height() - pass[1] + pass[3] - 1) / pass[3]);
  }

  /** So many bytes, and not one less or more. */
  private static byte[] inflate(PngChunks png, int size) throws ImageFormatException {
    byte[] all = new byte[size + 1]; // with room to notice that there are more
    Inflater inflater = new Inflater();
    try {
      int inflated = 0;
      Iterator<ByteBuffer> data = png.data().iterator();
      while (!inflater.finished() && inflated <= size) {
        if (inflater.needsInput()) {
          if (!data.hasNext()) {
            break;
          }
          inflater.setInput(data.next());
        }
        if (inflater.needsDictionary()) {
          throw new ImageFormatException("its data needs a dictionary");
        }
        inflated += inflater.inflate(all, inflated, all.length - inflated);
      }
      boolean rest = inflater.getRemaining() > 0;
      while (data.hasNext()) {
        rest |= data.next().hasRemaining();
      }
      if (inflated != size || !inflater.finished() || rest) {
        throw new ImageFormatException(
            "its data is %s than the %d bytes that it must inflate to"
                .formatted(inflated > size || rest ? "more" : "less", size));
      }
      return all;
    } catch (DataFormatException e) {
      throw new ImageFormatException("its data is damaged: " + e.getMessage());
    } finally {
      inflater.end();
    }
  }

  private void readPass(int[] pass, char[] samples) throws ImageFormatException {
    int columns = columns(header, pass);
    int perPixel = header.samples();
    byte[] above = new byte[header.rowBytes(columns)];
    byte[] row = new byte[above.length];
    for (int y = pass[1]; y < header.height(); y += pass[3]) {
      int filter = filtered[position++];
      System.arraycopy(filtered, position, row, 0, row.length);
      position += row.length;
      unfilter(filter, row, above);
      for (int column = 0; column < columns; column++) {
        int to = (y * header.width() + pass[0] + column * pass[2]) * perPixel;
        for (int s = 0; s < perPixel; s++) {
          samples[to + s] = sample(row, column * perPixel + s);
        }
      }
      byte[] last = above;
      above = row;
      row = last;
    }
  }

  private char sample(byte[] row, int number) {
    int depth = header.bitDepth();
    if (depth == 16) {
      return (char) (((row[2 * number] & 0xff) << 8) | (row[2 * number + 1] & 0xff));
    }
    int bit = number * depth;
    return (char) (((row[bit >> 3] & 0xff) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1));
  }

  /** https://www.w3.org/TR/png-3/#9Filter-types. */
  private void unfilter(int filter, byte[] row, byte[] above) throws ImageFormatException {
    int distance = header.filterDistance();
    for (int i = 0; i < row.length; i++) {
      int left = i < distance ? 0 : row[i - distance] & 0xff;
      int up = above[i] & 0xff;
      int predicted =
          switch (filter) {
            case 0 -> 0;
            case 1 -> left;
            case 2 -> up;
            case 3 -> (left + up) / 2;
            case 4 -> paeth(left, up, i < distance ? 0 : above[i - distance] & 0xff);
            default -> throw new ImageFormatException("a row has the filter " + (filter & 0xff));
          };
      row[i] += (byte) predicted;
    }
  }

  private static int paeth(int left, int up, int upperLeft) {
    int estimate = left + up - upperLeft;
    int toLeft = Math.abs(estimate - left);
    int toUp = Math.abs(estimate - up);
    int toUpperLeft = Math.abs(estimate - upperLeft);
    if (toLeft <= toUp && toLeft <= toUpperLeft) {
      return left;
    }
    return toUp <= toUpperLeft ? up : upperLeft;
  }
}
