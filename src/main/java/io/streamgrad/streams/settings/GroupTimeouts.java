package io.streamgrad.streams.settings;

import io.streamgrad.config.ServiceConfig;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * When a service's group gives an instance up, as Kafka Streams' main consumers are set up.
 *
 * @param session without a heartbeat for so long, an instance is out of the group
 * @param heartbeat time between two heartbeats
 */
public record GroupTimeouts(Duration session, Duration heartbeat) {

  /** Those of a configuration. */
  public static GroupTimeouts of(ServiceConfig config) {
    Map<String, Object> consumer =
        new StreamsConfig(StreamsProperties.of(config))
            .getMainConsumerConfigs(config.applicationId(), "timeouts", 0);
    return new GroupTimeouts(
        millis(consumer, ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG),
        millis(consumer, ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG));
  }

  private static Duration millis(Map<String, Object> settings, String name) {
    return Duration.ofMillis(Long.parseLong(String.valueOf(settings.get(name)).trim()));
  }

  /** When the group has given up an instance that was killed, at the latest. */
  public Duration goneAfter() {
    return session.plus(session);
  }
}
