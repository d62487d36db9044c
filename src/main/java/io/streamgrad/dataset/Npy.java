package io.streamgrad.dataset;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads an array of whole numbers in NumPy's format
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Objects, which NumPy
 * would unpickle, are refused, as is all else.
 */
final class Npy {
  /** The first four bytes, of six. */
  static final int MAGIC = 0x934E554D;

  private static final int MAX_HEADER = 1 << 16;
  private static final int MAX_DIMENSIONS = 8;
  private static final Pattern TYPE = Pattern.compile("'descr': *'([<>|=])([a-zA-Z]\\d*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order': *False");
  private static final Pattern SHAPE = Pattern.compile("'shape': *\\(([0-9, L]*)\\)");

  private Npy() {}

  /** As {@link Idx#read}. */
  static Tensor read(String name, DataInputStream in) throws IOException {
    boolean good = in.readInt() == MAGIC && in.readUnsignedShort() == (('P' << 8) | 'Y');
    int version = in.readUnsignedShort() >> 8;
    int length =
        version == 1
            ? Short.toUnsignedInt(Short.reverseBytes(in.readShort()))
            : Integer.reverseBytes(in.readInt());
    Tensor.check(
        good && version >= 1 && version <= 3 && length >= 0 && length <= MAX_HEADER,
        name,
        "does not begin as a npy file");
    String header = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    Matcher type = TYPE.matcher(header);
    Matcher shape = SHAPE.matcher(header);
    Tensor.check(
        type.find() && shape.find() && ORDER.matcher(header).find(),
        name,
        "is not an array of numbers in C's order: " + header.strip());
    return tensor(name, type, shape.group(1), in);
  }

  private static Tensor tensor(String name, Matcher type, String dimensions, DataInputStream in)
      throws IOException {
    Tensor.Type numbers =
        switch (type.group(2)) {
          case "u1", "b1" -> Tensor.Type.UNSIGNED_BYTE;
          case "i1" -> Tensor.Type.BYTE;
          case "u2" -> Tensor.Type.UNSIGNED_SHORT;
          case "i2" -> Tensor.Type.SHORT;
          case "u4" -> Tensor.Type.UNSIGNED_INT;
          case "i4" -> Tensor.Type.INT;
          case "u8", "i8" -> Tensor.Type.LONG;
          default ->
              throw new DatasetException(
                  "%s has values of type %s; must be whole numbers".formatted(name, type.group(2)));
        };
    int[] shape;
    try {
      shape =
          Arrays.stream(dimensions.replace("L", "").split(",", -1))
              .map(String::strip)
              .filter(dimension -> !dimension.isEmpty())
              .mapToInt(Integer::parseInt)
              .toArray();
    } catch (NumberFormatException e) {
      throw new DatasetException(name + " has dimensions larger than an array: " + dimensions);
    }
    Tensor.check(shape.length <= MAX_DIMENSIONS, name, "has " + shape.length + " dimensions");
    ByteOrder order = type.group(1).equals(">") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    int size = Tensor.size(name, shape, numbers);
    return new Tensor(name, shape, numbers, order, Whole.bytes(name, in, size));
  }
}
