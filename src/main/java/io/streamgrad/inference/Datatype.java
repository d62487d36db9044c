package io.streamgrad.inference;

/** A type of an input's numbers. */
enum Datatype {
  UINT8(1),
  FP32(4);

  private final int bytes;

  Datatype(int bytes) {
    this.bytes = bytes;
  }

  /** The bytes of one number in a binary tensor. */
  int bytes() {
    return bytes;
  }

  static Datatype of(String name) throws ProtocolException {
    for (Datatype type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    throw ProtocolException.bad("datatype is %s; allowed are UINT8 and FP32".formatted(name));
  }
}
