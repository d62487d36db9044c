package io.streamgrad.dataset;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Whole numbers in some dimensions, as a file has them.
 *
 * @param name what messages call it
 * @param shape the dimensions, the first one running slowest
 * @param type of each
 * @param order of their bytes
 * @param bytes row-major
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Tensor(String name, int[] shape, Type type, ByteOrder order, byte[] bytes) {

  /** With more channels than that, and no more rows, they are likely to have changed places. */
  private static final int MOST_COLORS = 4;

  /** Types that pixels or labels may have. */
  enum Type {
    UNSIGNED_BYTE(1),
    BYTE(1),
    UNSIGNED_SHORT(2),
    SHORT(2),
    UNSIGNED_INT(4),
    INT(4),
    LONG(8);

    /** Of a number, in bytes. */
    final int size;

    Type(int size) {
      this.size = size;
    }
  }

  /**
   * The number of bytes that a shape takes.
   *
   * @throws DatasetException if it has a negative dimension or is larger than an array
   */
  static int size(String name, int[] shape, Type type) {
    long size = type.size;
    for (int i = 0; i < shape.length; i++) {
      check(shape[i] >= 0, name, "has a negative dimension: " + shape[i]);
      size *= shape[i]; // at most 2^62, as both are checked to be below 2^31
      check(
          size <= Integer.MAX_VALUE - 8,
          name,
          "has dimensions larger than an array: " + Arrays.toString(Arrays.copyOf(shape, i + 1)));
    }
    return (int) size;
  }

  /**
   * Images: (count, height, width) or (count, height, width, channels).
   *
   * @throws DatasetException if they are not unsigned bytes of that shape, or there are none
   */
  ImageDataset images(Tensor labels) {
    check(
        type == Type.UNSIGNED_BYTE && (shape.length == 3 || shape.length == 4),
        name,
        "has %s in %d dimensions; images are unsigned bytes in 3, or in 4 with channels"
            .formatted(type, shape.length));
    int height = shape[1];
    int width = shape[2];
    int channels = shape.length == 4 ? shape[3] : 1;
    check(shape[0] > 0, name, "holds no images");
    check(
        channels <= MOST_COLORS || height > MOST_COLORS,
        name,
        "has the shape %s; channels come last: (count, height, width, channels)"
            .formatted(Arrays.toString(shape)));
    check(
        height > 0 && width > 0 && channels > 0,
        name,
        "holds images of %d x %d pixels".formatted(height, width)
            + (channels == 1 ? "" : " with %d channels".formatted(channels)));
    byte[] classes = labels.classes();
    check(
        classes.length == shape[0],
        name,
        "holds %d images, but %s %d labels".formatted(shape[0], labels.name, classes.length));
    return new ImageDataset(height, width, channels, bytes, classes);
  }

  /** Labels: (count), or (count, columns), of which the first one counts, as in QMNIST. */
  private byte[] classes() {
    check(
        shape.length == 1 || (shape.length == 2 && shape[1] > 0),
        name,
        "has %d dimensions; labels have 1, or 2 with the class in the first column"
            .formatted(shape.length));
    check(
        !isOneHot(),
        name,
        "has a 1 in one of %d columns; labels are the numbers of classes, as argmax(axis=1) gives them"
            .formatted(shape[shape.length - 1]));
    ByteBuffer in = ByteBuffer.wrap(bytes).order(order);
    int step = type.size * (shape.length == 1 ? 1 : shape[1]);
    byte[] classes = new byte[shape[0]];
    for (int i = 0; i < classes.length; i++) {
      long value = number(in, i * step);
      check(
          value >= 0 && value <= 255,
          name,
          "has the label %d for image %d; must be 0 to 255".formatted(value, i));
      classes[i] = (byte) value;
    }
    return classes;
  }

  /** Whether each row is a single 1 and else 0. */
  private boolean isOneHot() {
    if (shape.length == 1 || shape[1] == 1 || shape[0] == 0) {
      return false;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(order);
    for (int row = 0; row < shape[0]; row++) {
      int ones = 0;
      for (int column = 0; column < shape[1]; column++) {
        long value = number(in, (row * shape[1] + column) * type.size);
        if (value != 0 && value != 1) {
          return false;
        }
        ones += (int) value;
      }
      if (ones != 1) {
        return false;
      }
    }
    return true;
  }

  private long number(ByteBuffer in, int at) {
    return switch (type) {
      case UNSIGNED_BYTE -> in.get(at) & 0xff;
      case BYTE -> in.get(at);
      case UNSIGNED_SHORT -> in.getShort(at) & 0xffff;
      case SHORT -> in.getShort(at);
      case UNSIGNED_INT -> in.getInt(at) & 0xffffffffL;
      case INT -> in.getInt(at);
      case LONG -> in.getLong(at);
    };
  }

  /** Throws if it is not so. */
  static void check(boolean valid, String name, String complaint) {
    if (!valid) {
      throw new DatasetException(name + " " + complaint);
    }
  }
}
