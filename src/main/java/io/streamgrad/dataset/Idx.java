package io.streamgrad.dataset;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * Reads IDX, the format of MNIST's files (http://yann.lecun.com/exdb/mnist): all numbers
 * big-endian, the file plain or compressed with gzip.
 *
 * <pre>
 *   offset  size  what
 *   0       2     0
 *   2       1     type of the values; 0x08, unsigned byte, is the only one read here
 *   3       1     number of dimensions
 *   4       4     each dimension in turn
 *   ...           the values, the last dimension running fastest
 * </pre>
 */
final class Idx {
  private static final int GZIP_MAGIC = 0x1F8B;
  private static final int UNSIGNED_BYTE = 0x08;

  private final String name;
  private final DataInputStream in;

  private Idx(String name, DataInputStream in) {
    this.name = name;
    this.in = in;
  }

  /**
   * Unsigned bytes in some dimensions.
   *
   * @param shape the dimensions, the first one running slowest
   * @param values row-major
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Tensor(int[] shape, byte[] values) {}

  /**
   * Reads a whole file.
   *
   * @param name what messages call it
   * @param file from its first byte; the caller closes it
   * @param dimensions how many it must have
   * @throws DatasetException if it can't be read or is not such a file from its first byte to its
   *     last
   */
  static Tensor read(String name, InputStream file, int dimensions) {
    try {
      BufferedInputStream buffered = new BufferedInputStream(file, 1 << 16);
      InputStream plain = isGzip(buffered) ? new GZIPInputStream(buffered, 1 << 16) : buffered;
      return new Idx(name, new DataInputStream(plain)).tensor(dimensions);
    } catch (EOFException e) {
      throw new DatasetException(name + " is truncated", e);
    } catch (IOException e) {
      throw new DatasetException(name + " can't be read", e);
    }
  }

  private static boolean isGzip(BufferedInputStream in) throws IOException {
    in.mark(2);
    int first = in.read();
    int second = in.read();
    in.reset();
    return (first << 8 | second) == GZIP_MAGIC;
  }

  private Tensor tensor(int dimensions) throws IOException {
    int magic = in.readInt();
    int expected = UNSIGNED_BYTE << 8 | dimensions;
    check(
        magic == expected,
        String.format(
            "is not an IDX file of unsigned bytes in %d dimensions, plain or gzip:"
                + " it starts with 0x%08x instead of 0x%08x",
            dimensions, magic, expected));
    int[] shape = new int[dimensions];
    long size = 1;
    for (int i = 0; i < dimensions; i++) {
      shape[i] = in.readInt();
      check(shape[i] >= 0, "has a negative dimension: " + shape[i]);
      size *= shape[i]; // at most 2^62, as both are checked to be below 2^31
      check(
          size <= Integer.MAX_VALUE - 8,
          "has dimensions larger than an array: " + Arrays.toString(Arrays.copyOf(shape, i + 1)));
    }
    return new Tensor(shape, values((int) size));
  }

  private byte[] values(int size) throws IOException {
    byte[] values = in.readNBytes(size);
    check(values.length == size, "is truncated: " + values.length + " of " + size + " values");
    check(in.read() == -1, "goes on after its " + size + " values");
    return values;
  }

  private void check(boolean valid, String complaint) {
    if (!valid) {
      throw new DatasetException(name + " " + complaint);
    }
  }
}
