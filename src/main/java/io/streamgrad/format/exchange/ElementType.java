package io.streamgrad.format.exchange;

import java.util.List;

/** What the numbers of a tensor are, and what each format calls it. */
enum ElementType {
  FLOAT32("F32", "<f4", Float.BYTES),
  /** Read only. */
  FLOAT64("F64", "<f8", Double.BYTES),
  INT64("I64", "<i8", Long.BYTES);

  private final String safetensors;
  private final String numpy;
  private final int bytes;

  ElementType(String safetensors, String numpy, int bytes) {
    this.safetensors = safetensors;
    this.numpy = numpy;
    this.bytes = bytes;
  }

  String safetensors() {
    return safetensors;
  }

  String numpy() {
    return numpy;
  }

  /** Whether a format calls it that. */
  boolean isCalled(String name) {
    return safetensors.equals(name) || numpy.equals(name);
  }

  /** The length of one number. */
  int bytes() {
    return bytes;
  }

  /** The length of an array of a shape that is known to be a model's. */
  long length(List<Long> shape) {
    long length = bytes;
    for (long dimension : shape) {
      length *= dimension;
    }
    return length;
  }
}
