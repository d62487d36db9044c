package io.streamgrad.format.exchange;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.List;
import org.ejml.data.FMatrixRMaj;

/**
 * A named array of numbers, row by row.
 *
 * @param shape the length of each dimension; none for a single number
 * @param values all of them, as a buffer of floats or of longs that nobody changes
 */
record Tensor(String name, List<Integer> shape, Buffer values) {
  private static final int CHUNK = 8 * 1024; // numbers

  /** A matrix of (rows, columns). */
  static Tensor matrix(String name, FMatrixRMaj matrix) {
    return floats(name, List.of(matrix.numRows, matrix.numCols), matrix.data);
  }

  /** A matrix of one column as a vector. */
  static Tensor vector(String name, FMatrixRMaj column) {
    return floats(name, List.of(column.numRows), column.data);
  }

  static Tensor floats(String name, List<Integer> shape, float... values) {
    return new Tensor(name, shape, FloatBuffer.wrap(values));
  }

  static Tensor longs(String name, List<Integer> shape, long... values) {
    return new Tensor(name, shape, LongBuffer.wrap(values));
  }

  ElementType type() {
    return values instanceof FloatBuffer ? ElementType.FLOAT32 : ElementType.INT64;
  }

  /** The length of all its numbers. */
  long size() {
    return (long) values.capacity() * type().bytes();
  }

  /** Writes its numbers, little-endian. */
  void writeTo(OutputStream out) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK * type().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int from = 0; from < values.capacity(); from += CHUNK) {
      int length = Math.min(CHUNK, values.capacity() - from);
      if (values instanceof FloatBuffer floats) {
        chunk.asFloatBuffer().put(floats.slice(from, length));
      } else if (values instanceof LongBuffer longs) {
        chunk.asLongBuffer().put(longs.slice(from, length));
      }
      out.write(chunk.array(), 0, length * type().bytes());
    }
  }
}
