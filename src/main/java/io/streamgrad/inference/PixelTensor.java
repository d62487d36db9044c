package io.streamgrad.inference;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * The pixels of a request, as bytes, whatever they were sent as. In either type a pixel is a whole
 * number from 0 to 255: the type says how it is sent, not what it means, so that the same image
 * gets the same answer.
 */
final class PixelTensor {
  private static final int FIRST = 1024; // bytes
  private static final int MAX_DIMENSIONS = 8;

  private final int most;
  private byte[] pixels = {};
  private int count;
  private boolean fractions; // some are written as 5.0, and not as 5
  private final int[] lengths = new int[MAX_DIMENSIONS]; // of nested arrays, by depth
  private int depth; // of the numbers
  private int arrays; // the depth of arrays

  /**
   * None yet.
   *
   * @param most how many pixels there may be
   */
  PixelTensor(int most) {
    this.most = most;
    Arrays.fill(lengths, -1);
  }

  /** Reads the numbers of an array, flat or nested; the parser is at its begin. */
  void read(JsonParser json) throws IOException, ProtocolException {
    array(json, 0);
  }

  private void array(JsonParser json, int level) throws IOException, ProtocolException {
    if (level == MAX_DIMENSIONS) {
      throw ProtocolException.bad(
          "data: arrays are nested in more than %d levels".formatted(MAX_DIMENSIONS));
    }
    int length = 0;
    arrays = Math.max(arrays, level + 1);
    for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; length++) {
      if (token == JsonToken.START_ARRAY) {
        array(json, level + 1);
      } else {
        requireUnmixed(depth == 0 || depth == level + 1);
        depth = level + 1;
        add(json, token);
      }
      token = json.nextToken();
    }
    if (lengths[level] < 0) {
      lengths[level] = length;
    } else if (lengths[level] != length) {
      throw ProtocolException.bad(
          "data: nested arrays of one level have %d elements, and %d"
              .formatted(lengths[level], length));
    }
  }

  private static void requireUnmixed(boolean unmixed) throws ProtocolException {
    if (!unmixed) {
      throw ProtocolException.bad("data: numbers and arrays are mixed");
    }
  }

  private void add(JsonParser json, JsonToken token) throws IOException, ProtocolException {
    if (count == most) {
      throw ProtocolException.bad("data: there are more than %d pixels".formatted(most));
    }
    int pixel;
    if (token == JsonToken.VALUE_NUMBER_INT) {
      pixel = json.getNumberType() == JsonParser.NumberType.INT ? json.getIntValue() : -1;
      if (pixel < 0 || pixel > 255) {
        throw ProtocolException.bad(
            "data: pixel %d is %s; pixels are 0 to 255"
                .formatted(count, shortened(json.getText())));
      }
    } else if (token == JsonToken.VALUE_NUMBER_FLOAT) {
      fractions = true;
      pixel = checked(json.getDoubleValue());
    } else {
      throw ProtocolException.bad("data: %s is no number".formatted(shortened(json.getText())));
    }
    if (count == pixels.length) {
      pixels = Arrays.copyOf(pixels, Math.min(most, Math.max(FIRST, 2 * count)));
    }
    pixels[count++] = (byte) pixel;
  }

  private int checked(double value) throws ProtocolException {
    if (!(value >= 0 && value <= 255) || value != Math.rint(value)) { // nor NaN
      throw ProtocolException.bad(
          "data: pixel %d is %s; pixels are whole numbers from 0 to 255 in FP32 as well, and not scaled"
              .formatted(count, value));
    }
    return (int) value;
  }

  private static String shortened(String text) {
    return text.length() <= 30 ? text : text.substring(0, 30) + "...";
  }

  /** Takes the numbers of a binary tensor, little-endian. */
  void read(Datatype type, ByteBuffer bytes) throws ProtocolException {
    int size = bytes.remaining() / type.bytes();
    if (bytes.remaining() % type.bytes() != 0 || size > most) {
      throw ProtocolException.bad(
          "binary_data_size is %d: no whole number of %s, or more than %d of them"
              .formatted(bytes.remaining(), type, most));
    }
    pixels = new byte[size];
    if (type == Datatype.UINT8) {
      bytes.get(pixels);
      count = size;
    } else {
      ByteBuffer floats = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
      for (count = 0; count < size; count++) {
        pixels[count] = (byte) checked(floats.getFloat());
      }
    }
  }

  /**
   * The pixels, once shape and type are known.
   *
   * @param shape images first
   * @throws ProtocolException if they do not fit these
   */
  byte[] pixels(Datatype type, List<Integer> shape) throws ProtocolException {
    if (type == Datatype.UINT8 && fractions) {
      throw ProtocolException.bad("data: numbers of type UINT8 are written without a fraction");
    }
    long size = shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    if (size != count) {
      throw ProtocolException.bad(
          "shape %s has %d elements, and data has %d".formatted(shape, size, count));
    }
    requireUnmixed(depth == 0 || depth == arrays);
    if (depth > 1 && !shape.equals(Arrays.stream(lengths, 0, depth).boxed().toList())) {
      throw ProtocolException.bad(
          "data is nested as %s, and shape is %s"
              .formatted(Arrays.toString(Arrays.copyOf(lengths, depth)), shape));
    }
    return count == pixels.length ? pixels : Arrays.copyOf(pixels, count);
  }
}
