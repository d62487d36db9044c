package io.streamgrad.streams.runtime;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Reachability;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the service's Kafka is there. Waiting mends that it is not; nothing else is waited for.
 */
final class KafkaConnection {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaConnection.class);

  /** How long one question may take; the client asks all brokers again and again meanwhile. */
  private static final Duration QUESTION = Duration.ofSeconds(3);

  /** Between two, which a name that is not known gives no other. */
  private static final Duration PAUSE = Duration.ofMillis(500);

  private final ServiceConfig config;
  private volatile String obstacle = Reachability.SILENCE;

  KafkaConnection(ServiceConfig config) {
    this.config = config;
  }

  /** The brokers' addresses, as they are configured. */
  String address() {
    return config.kafka().values().getOrDefault("bootstrap.servers", "");
  }

  /** What is waited for, as a person should read it. */
  String waiting() {
    return "waiting for Kafka at %s: %s".formatted(address(), obstacle);
  }

  /**
   * Waits until a broker answers.
   *
   * @throws InterruptedException when it is to wait no more
   * @throws KafkaException for what waiting does not mend: a setting, or no way in
   */
  void await(Lifecycle life) throws InterruptedException {
    boolean waited = false;
    while (!answers()) {
      waited = true;
      if (life.awaitStopping(PAUSE)) {
        throw new InterruptedException("the service is to stop");
      }
    }
    if (waited) {
      LOG.info("Kafka at {} answers", address());
    }
  }

  /**
   * Asks once.
   *
   * @throws KafkaException as {@link #await} does
   */
  boolean answers() throws InterruptedException {
    String found = Reachability.obstacle(StreamsProperties.admin(config), QUESTION);
    if (found != null) {
      obstacle = found;
    }
    return found == null;
  }
}
