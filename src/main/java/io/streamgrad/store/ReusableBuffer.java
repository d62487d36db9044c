package io.streamgrad.store;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelEntry;

/** The bytes of one state after the other, in one array as long as their length does not change. */
final class ReusableBuffer {
  private byte[] bytes = {};

  /** Makes the array, if there is none: memory that nobody has touched yet is slow to write to. */
  void reserve(long length) {
    if (bytes.length == 0) {
      bytes = new byte[(int) length];
    }
  }

  /** The bytes of a model, until the next call. */
  byte[] of(ModelEntry model) {
    bytes = ModelCodec.encode(model, bytes);
    return bytes;
  }
}
