package io.streamgrad.format.exchange;

/** What the numbers of a tensor are, and what each format calls it. */
enum ElementType {
  FLOAT32("F32", "<f4", Float.BYTES),
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

  /** The length of one number. */
  int bytes() {
    return bytes;
  }
}
