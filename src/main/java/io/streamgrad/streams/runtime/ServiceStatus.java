package io.streamgrad.streams.runtime;

import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.streams.KafkaStreams;

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

  /**
   * The status of a service whose stream has been started.
   *
   * @param restoring what of the weights is being read back or learned again
   * @param silence for how long Kafka has been silent; zero if it is heard
   * @param kafka its address
   */
  static ServiceStatus streaming(
      KafkaStreams.State state, Optional<String> restoring, Duration silence, String kafka) {
    return switch (state) {
      case CREATED -> notReady("the stream is being started");
      case REBALANCING ->
          notReady(restoring.orElse("waiting for the group to hand out its partitions"));
      case RUNNING ->
          silence.isZero()
              ? restoring.map(ServiceStatus::notReady).orElseGet(ServiceStatus::running)
              : notReady(
                  "Kafka at %s has not answered for %d s".formatted(kafka, silence.toSeconds()));
      case PENDING_SHUTDOWN, NOT_RUNNING -> notReady("the stream has been stopped");
      case PENDING_ERROR, ERROR -> failed("the stream has failed");
    };
  }
}
