package io.streamgrad.format.exchange;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands before the numbers of an array in NumPy's format, of any version
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Objects, which NumPy
 * would unpickle, are refused.
 *
 * @param type of the numbers, as {@code <f4}
 * @param shape the length of each dimension; none for a single number
 * @param columnByColumn whether the first dimension runs fastest
 */
public record NpyHeader(String type, List<Long> shape, boolean columnByColumn) {
  /** What a file begins with. */
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private static final int MAX_BYTES = 1 << 16;
  private static final int MAX_DIGITS = 18;
  private static final Pattern TYPE = Pattern.compile("'descr' *: *'([^']{1,32})'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order' *: *(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape' *: *\\(([0-9, L]{0,200})\\)");
  private static final Pattern DIMENSION = Pattern.compile("[0-9]+");

  public NpyHeader {
    shape = List.copyOf(shape);
  }

  /** Whether a file begins so with its first four bytes, as one number. */
  public static boolean isBeginning(int first) {
    return first == ByteBuffer.wrap(MAGIC).getInt();
  }

  /**
   * Reads a header; the numbers come next. Takes no more than 64 KiB for it.
   *
   * @throws UnfitFileException if there is none, or it is one of objects; its message follows the
   *     array's name
   */
  public static NpyHeader read(DataInputStream in) throws IOException, UnfitFileException {
    byte[] magic = in.readNBytes(MAGIC.length + 2);
    if (magic.length < MAGIC.length + 2
        || !Arrays.equals(magic, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new UnfitFileException("is not a npy file");
    }
    int lengthBytes = magic[MAGIC.length] == 1 ? Short.BYTES : Integer.BYTES;
    ByteBuffer number = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int read = in.readNBytes(number.array(), 0, lengthBytes);
    int length = number.getInt();
    if (read < lengthBytes || length < 0 || length > MAX_BYTES) {
      throw new UnfitFileException(
          "has a header of %s bytes, and %d are read at most"
              .formatted(Integer.toUnsignedString(length), MAX_BYTES));
    }
    byte[] bytes = in.readNBytes(length);
    String text = new String(bytes, StandardCharsets.UTF_8);
    Matcher type = TYPE.matcher(text);
    Matcher order = ORDER.matcher(text);
    Matcher shape = SHAPE.matcher(text);
    if (bytes.length < length || !type.find() || !order.find() || !shape.find()) {
      throw new UnfitFileException("has a header that is not one of a plain array");
    }
    if (type.group(1).contains("O")) {
      throw new UnfitFileException(
          "is of pickled objects, which can run anything when they are read");
    }
    return new NpyHeader(type.group(1), shape(shape.group(1)), order.group(1).equals("True"));
  }

  private static List<Long> shape(String text) throws UnfitFileException {
    List<Long> shape = new ArrayList<>();
    for (Matcher each = DIMENSION.matcher(text); each.find(); ) {
      if (each.group().length() > MAX_DIGITS) {
        throw new UnfitFileException("has the shape (%s)".formatted(text));
      }
      shape.add(Long.parseLong(each.group()));
    }
    return shape;
  }
}
