package io.streamgrad.cli;

/** The service stopped while the demo was at work with it; the service knows why. */
final class ServiceStoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ServiceStoppedException() {
    super("the service has stopped");
  }
}
