package io.streamgrad.streams.runtime;

/**
 * How the service is, at one moment.
 *
 * @param alive whether it works, or will by itself; if not, only a new process helps
 * @param ready whether it runs, with all its weights restored, and its Kafka answers
 * @param text one line for a person: "ok", or what it waits for, or why it stops
 */
public record ServiceStatus(boolean alive, boolean ready, String text) {
  static ServiceStatus running() {
    return new ServiceStatus(true, true, "ok");
  }

  static ServiceStatus notReady(String reason) {
    return new ServiceStatus(true, false, reason);
  }

  static ServiceStatus failed(String reason) {
    return new ServiceStatus(false, false, reason);
  }
}
