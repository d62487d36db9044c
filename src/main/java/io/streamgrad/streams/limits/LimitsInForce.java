package io.streamgrad.streams.limits;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;

/**
 * The limits that the stream goes by, and what Kafka refused all the same. Handed to processors and
 * clients with the settings of Kafka Streams, which is how it lets them know anything.
 *
 * <p>Thread-safe: stream threads and producers read, and whichever of them stops on a refusal asks
 * again.
 */
public final class LimitsInForce {
  /** The setting that holds it. */
  static final String CONFIG = "streamgrad.limits";

  /** Kafka's own. */
  private static final int BATCH_SIZE = 16_384;

  private volatile OutputLimits now;
  private volatile @Nullable RefusedOutput refused;
  private @Nullable RefusedOutput begunAnewFor; // guarded by this

  /** The limits as they are when the service starts. */
  public LimitsInForce(OutputLimits limits) {
    now = limits;
  }

  /** The one among these settings; where there is none, one of Kafka's defaults. */
  public static LimitsInForce in(Map<String, ?> settings) {
    return settings.get(CONFIG) instanceof LimitsInForce limits
        ? limits
        : new LimitsInForce(OutputLimits.DEFAULTS);
  }

  /** The limits as they were last asked for. */
  public OutputLimits now() {
    return now;
  }

  /** The settings of Kafka Streams that make its producers go by these limits. */
  public Map<String, Object> settings(ServiceConfig config) {
    Map<String, Object> given =
        new StreamsConfig(StreamsProperties.of(config)).getProducerConfigs(config.applicationId());
    OutputLimits limits = now;
    Map<String, Object> settings = new HashMap<>();
    settings.put(
        StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
        limits.request().bytes());
    if (!given.containsKey(ProducerConfig.BATCH_SIZE_CONFIG)) {
      // Records that wait together must not be more than a topic takes: the producer would find
      // out by being refused.
      settings.put(
          StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG),
          Math.min(BATCH_SIZE, limits.smallest()));
    }
    settings.put(
        StreamsConfig.producerPrefix(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG),
        Stream.of(
                given.getOrDefault(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG, ""),
                OutputTimestamps.class.getName())
            .map(Object::toString)
            .filter(names -> !names.isBlank())
            .collect(Collectors.joining(",")));
    settings.put(
        StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, SendFailures.class.getName());
    settings.put(CONFIG, this);
    return settings;
  }

  /** Notes what Kafka does not take. */
  void refused(RefusedOutput output) {
    refused = output;
  }

  /**
   * Asks for the limits again, after Kafka has refused an output.
   *
   * @return why the service can't go on; null if it can with the new limits
   */
  public @Nullable TopicsException askAgain(ServiceConfig config) {
    Admin admin = Admin.create(StreamsProperties.admin(config));
    try {
      OutputLimits asked = now.askAgain(admin, config);
      LargestOutputs.check(config, asked);
      now = asked;
      RefusedOutput output = refused;
      return output == null || mayPass(output, asked)
          ? null
          : new TopicsException(output.message());
    } catch (TopicsException e) {
      return e;
    } catch (TimeoutException e) {
      return null; // a thread that begins again finds out
    } finally {
      admin.close(Duration.ZERO);
    }
  }

  /**
   * Another try helps where the limits have changed, and once where they may have, or where the
   * record has waited too long for a broker.
   */
  synchronized boolean mayPass(RefusedOutput output, OutputLimits asked) {
    boolean again = output.isSameAs(begunAnewFor);
    begunAnewFor = output;
    return output.isDueTo(asked) || ((output.isTooLarge() || output.isTooLate()) && !again);
  }
}
