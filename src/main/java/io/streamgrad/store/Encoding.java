package io.streamgrad.store;

/** The bytes of one state after the other, in one array as long as their length does not change. */
final class Encoding {
  private byte[] bytes = {};

  /** The bytes of a model, until the next call. */
  byte[] of(StoredModel model) {
    bytes = ModelCodec.encode(model, bytes);
    return bytes;
  }
}
