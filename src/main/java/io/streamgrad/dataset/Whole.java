package io.streamgrad.dataset;

import java.io.IOException;
import java.io.InputStream;

/** The rest of a file. */
final class Whole {
  private Whole() {}

  /**
   * So many bytes, and not one more.
   *
   * @throws DatasetException if there are other than that
   */
  static byte[] bytes(String name, InputStream in, int size) throws IOException {
    byte[] bytes = in.readNBytes(size); // grows with what comes, whatever a header says
    Tensor.check(
        bytes.length == size, name, "is truncated: " + bytes.length + " of " + size + " bytes");
    Tensor.check(in.read() == -1, name, "goes on after its " + size + " bytes");
    return bytes;
  }
}
