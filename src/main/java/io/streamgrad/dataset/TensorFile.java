package io.streamgrad.dataset;

import io.streamgrad.format.exchange.NpyHeader;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** A file with one array, IDX or npy, plain or compressed with gzip; or some, npz. */
final class TensorFile {
  private static final int GZIP_MAGIC = 0x1F8B;
  private static final int BUFFER = 1 << 16;

  private TensorFile() {}

  /**
   * Reads a whole file, which its first bytes say the format of.
   *
   * @param name what messages call it
   * @param file from its first byte; the caller closes it
   * @throws DatasetException if it can't be read or is not such a file
   */
  static Tensor read(String name, InputStream file) {
    try {
      BufferedInputStream buffered = new BufferedInputStream(file, BUFFER);
      BufferedInputStream plain =
          first(buffered, 2) == GZIP_MAGIC
              ? new BufferedInputStream(new GZIPInputStream(buffered, BUFFER), BUFFER)
              : buffered;
      DataInputStream in = new DataInputStream(plain);
      return NpyHeader.isBeginning(first(plain, 4)) ? Npy.read(name, in) : Idx.read(name, in);
    } catch (EOFException e) {
      throw new DatasetException(name + " is truncated", e);
    } catch (IOException e) {
      throw new DatasetException(name + " can't be read", e);
    }
  }

  private static int first(BufferedInputStream in, int count) throws IOException {
    in.mark(count);
    int first = 0;
    for (int i = 0; i < count; i++) {
      first = (first << 8) | (in.read() & 0xff);
    }
    in.reset();
    return first;
  }

  /** The names of the arrays of a npz file. */
  static List<String> arrays(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.stream().map(entry -> entry.getName().replaceFirst("\\.npy$", "")).toList();
    } catch (IOException e) {
      throw new DatasetException(file + " is not a npz file, or damaged", e);
    }
  }

  /** One of them. */
  static Tensor array(Path file, String array) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(array + ".npy");
      if (entry == null) {
        throw new DatasetException(file + " has no array " + array);
      }
      try (InputStream in = zip.getInputStream(entry)) {
        return read(file + ":" + array, in);
      }
    } catch (IOException e) {
      throw new DatasetException(file + " is not a npz file, or damaged", e);
    }
  }
}
