package io.streamgrad.inference;

/** A request that gets an error for its answer. */
final class ProtocolException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * An answer with this status.
   *
   * @param message for the client: what is wrong, with which value, and what is allowed
   */
  ProtocolException(int status, String message) {
    super(message, null, false, false);
    this.status = status;
  }

  /** The request is not as it should be. */
  static ProtocolException bad(String message) {
    return new ProtocolException(400, message);
  }

  /** There is no such thing. */
  static ProtocolException missing(String message) {
    return new ProtocolException(404, message);
  }

  int status() {
    return status;
  }

  String message() {
    return String.valueOf(getMessage());
  }
}
