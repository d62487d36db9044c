package io.streamgrad.dataset;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteOrder;

/**
 * Reads IDX, the format of MNIST's files (http://yann.lecun.com/exdb/mnist): all numbers
 * big-endian.
 *
 * <pre>
 *   offset  size  what
 *   0       2     0
 *   2       1     type of the values: 0x08 unsigned byte, 0x09 byte, 0x0B short, 0x0C int; 0x0D and
 *                 0x0E, floating point, are not read here
 *   3       1     number of dimensions
 *   4       4     each dimension in turn
 *   ...           the values, the last dimension running fastest
 * </pre>
 */
final class Idx {
  private Idx() {}

  /**
   * Reads a whole file.
   *
   * @param name what messages call it
   * @param in from its first byte; the caller closes it
   * @throws DatasetException if it is not such a file from its first byte to its last
   */
  static Tensor read(String name, DataInputStream in) throws IOException {
    int magic = in.readInt();
    Tensor.Type type =
        switch (magic >>> 8) {
          case 0x08 -> Tensor.Type.UNSIGNED_BYTE;
          case 0x09 -> Tensor.Type.BYTE;
          case 0x0B -> Tensor.Type.SHORT;
          case 0x0C -> Tensor.Type.INT;
          default ->
              throw new DatasetException(
                  "%s is neither an IDX file of whole numbers nor npy or npz, plain or gzip: it starts with 0x%08x"
                      .formatted(name, magic));
        };
    int[] shape = new int[magic & 0xff];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = in.readInt();
    }
    int size = Tensor.size(name, shape, type);
    return new Tensor(name, shape, type, ByteOrder.BIG_ENDIAN, RestOfFile.bytes(name, in, size));
  }
}
