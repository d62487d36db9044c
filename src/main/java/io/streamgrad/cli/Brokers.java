package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Reachability;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.KafkaException;

/**
 * Whether a command's brokers are there. Its clients would ask for a minute, and then say what they
 * were about to do and not where.
 */
final class Brokers {
  /** Enough for a broker that is being started, or is far away. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private Brokers() {}

  /**
   * Requires that one answers.
   *
   * @param option the one that says where they are
   * @throws KafkaException naming their addresses and the option, if none does
   */
  static void requireOne(Map<String, Object> client, String option) throws InterruptedException {
    String obstacle = Reachability.obstacle(client, PATIENCE);
    if (obstacle != null) {
      throw new KafkaException(
          "Kafka at %s (%s): %s"
              .formatted(
                  client.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG), option, obstacle));
    }
  }

  /** Requires that one of the service's answers. */
  static void requireOne(ServiceConfig config) throws InterruptedException {
    requireOne(StreamsProperties.admin(config), "kafka.bootstrap.servers");
  }
}
