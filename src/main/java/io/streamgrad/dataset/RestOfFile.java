package io.streamgrad.dataset;

import java.io.IOException;
import java.io.InputStream;

/** The rest of a file. */
final class RestOfFile {
  private RestOfFile() {}

  /**
   * So many bytes, and not one more.
   *
   * @throws DatasetException if there are other than that, or they do not fit into memory
   */
  static byte[] bytes(String name, InputStream in, int size) throws IOException {
    long memory = Runtime.getRuntime().maxMemory();
    Tensor.check(
        size <= memory / 2, // they are there twice while they are put together
        name,
        "has %d bytes, of which half of this JVM's memory, %d, has no room: -Xmx sets more"
            .formatted(size, memory));
    byte[] bytes = in.readNBytes(size); // grows with what comes, whatever a header says
    Tensor.check(
        bytes.length == size, name, "is truncated: " + bytes.length + " of " + size + " bytes");
    Tensor.check(in.read() == -1, name, "goes on after its " + size + " bytes");
    return bytes;
  }
}
