package io.streamgrad.streams.admin;

/**
 * Kafka does not allow what the service needs; the message names the operation and the resource.
 */
public final class NotAuthorizedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotAuthorizedException(String message) {
    super(message);
  }
}
