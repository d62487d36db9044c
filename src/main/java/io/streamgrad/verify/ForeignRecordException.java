package io.streamgrad.verify;

/**
 * A record of an output topic that the service can't have written. The message finishes a sentence
 * that begins with the record's place: "has no value".
 */
final class ForeignRecordException extends Exception {
  private static final long serialVersionUID = 1L;

  ForeignRecordException(String message) {
    super(message);
  }
}
