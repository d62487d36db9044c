package io.streamgrad.dataset;

import io.streamgrad.format.exchange.NpyHeader;
import io.streamgrad.format.exchange.UnfitFileException;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.List;

/** Reads an array of whole numbers in NumPy's format. */
final class Npy {
  private static final int MAX_DIMENSIONS = 8;

  private Npy() {}

  /** As {@link Idx#read}. */
  static Tensor read(String name, DataInputStream in) throws IOException {
    NpyHeader header;
    try {
      header = NpyHeader.read(in);
    } catch (UnfitFileException e) {
      throw new DatasetException(name + " " + e.getMessage());
    }
    Tensor.check(
        !header.columnByColumn(), name, "is not an array of numbers in C's order, row by row");
    int[] shape = shape(name, header.shape());
    Tensor.Type numbers = numbers(name, header.type());
    ByteOrder order =
        header.type().startsWith(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    int size = Tensor.size(name, shape, numbers);
    return new Tensor(name, shape, numbers, order, RestOfFile.bytes(name, in, size));
  }

  private static Tensor.Type numbers(String name, String type) {
    return switch (type.substring(1)) {
      case "u1" -> Tensor.Type.UNSIGNED_BYTE;
      case "i1" -> Tensor.Type.BYTE;
      case "u2" -> Tensor.Type.UNSIGNED_SHORT;
      case "i2" -> Tensor.Type.SHORT;
      case "u4" -> Tensor.Type.UNSIGNED_INT;
      case "i4" -> Tensor.Type.INT;
      case "u8", "i8" -> Tensor.Type.LONG;
      default ->
          throw new DatasetException(
              "%s has values of type %s; must be whole numbers".formatted(name, type.substring(1)));
    };
  }

  private static int[] shape(String name, List<Long> shape) {
    Tensor.check(shape.size() <= MAX_DIMENSIONS, name, "has " + shape.size() + " dimensions");
    Tensor.check(
        shape.stream().allMatch(length -> length <= Integer.MAX_VALUE),
        name,
        "has dimensions larger than an array: " + shape);
    return shape.stream().mapToInt(Long::intValue).toArray();
  }
}
