package io.streamgrad.streams.settings;

import io.streamgrad.config.KafkaSettings;
import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.ModelSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** The Kafka Streams settings of a configuration. */
public final class StreamsProperties {
  private static final String GLOBAL_HANDLER = "processing.exception.handler.global.enabled";

  private static final long MOST_RECORDS_OF_A_POLL = 1000; // as Kafka Streams has it

  /** Steps of a single image go through as many in about half a second. */
  private static final long PARAMETERS_OF_A_POLL = 200_000_000;

  private StreamsProperties() {}

  /** What the user passes through, under what the service's guarantees need. */
  public static Map<String, Object> of(ServiceConfig config) {
    Map<String, Object> properties = new HashMap<>();
    // No state store of ours uses the record cache.
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    // There are no global stores; Streams warns unless told, and so does its consumers' assignor.
    properties.put(GLOBAL_HANDLER, true);
    properties.put(StreamsConfig.mainConsumerPrefix(GLOBAL_HANDLER), true);
    // Not a random one: it is a label of many meters.
    properties.put(StreamsConfig.CLIENT_ID_CONFIG, config.applicationId());
    // A setting that is given without its client's prefix counts for every client.
    defaults(config)
        .forEach(
            (setting, value) -> {
              if (!config
                  .kafka()
                  .values()
                  .containsKey(KafkaSettings.withoutClientPrefix(setting))) {
                properties.put(setting, value);
              }
            });
    properties.putAll(config.kafka().values());
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, config.applicationId());
    properties.put(
        StreamsConfig.PROCESSING_GUARANTEE_CONFIG, config.processingGuarantee().kafkaName());
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitInterval().toMillis());
    if (!config.http().advertisedAddress().isEmpty()) {
      properties.put(StreamsConfig.APPLICATION_SERVER_CONFIG, config.http().advertisedAddress());
    }
    properties.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir().toString());
    properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
    // Also at-least-once: a batch whose producer aborted its transaction was never sent.
    properties.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.ISOLATION_LEVEL_CONFIG), "read_committed");
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "all");
    return properties;
  }

  /** Where the user says nothing. */
  private static Map<String, Object> defaults(ServiceConfig config) {
    Map<String, Object> defaults = new HashMap<>();
    if (config.processingGuarantee() == ProcessingGuarantee.AT_LEAST_ONCE) {
      // Kafka Streams lets outputs wait up to 100 ms for others. Here no commit flushes them
      // sooner. Not 0: then nearly each goes out alone, which takes a tenth of the rate.
      defaults.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 1);
    }
    // How long the partitions of an instance that was killed wait for another: the shortest that
    // brokers allow by default. Heartbeats tell the others that one has left.
    // docs/decisions/0008.
    defaults.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 6000);
    defaults.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 500);
    defaults.put(
        StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG),
        recordsOfOnePoll(config));
    // The system's own, which grow: the next fetch arrives while the last one is learned from. In
    // Kafka's 64 KiB it stops after one batch. docs/decisions/0011.
    defaults.put(StreamsConfig.consumerPrefix(ConsumerConfig.RECEIVE_BUFFER_CONFIG), -1);
    // And large states are sent: the JDK copies what is left of a message each time a buffer is
    // full.
    defaults.put(StreamsConfig.producerPrefix(ProducerConfig.SEND_BUFFER_CONFIG), -1);
    defaults.putAll(brokersThatDoNotAnswer());
    defaults.put(
        StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG),
        Math.toIntExact(config.transactionTimeout().toMillis()));
    return defaults;
  }

  /**
   * Kafka Streams processes what a poll gave before it polls again, and only then notices that an
   * instance has come or gone: of large models that is half a second of steps, and not half a
   * minute. docs/decisions/0010.
   */
  private static int recordsOfOnePoll(ServiceConfig config) {
    long largest =
        Stream.concat(Stream.of(config.model()), config.models().byName().values().stream())
            .mapToLong(ModelSpec::parameters)
            .max()
            .orElseThrow();
    return (int) Math.max(1, Math.min(MOST_RECORDS_OF_A_POLL, PARAMETERS_OF_A_POLL / largest));
  }

  /** For a broker that holds its connections and answers no more. docs/decisions/0013. */
  private static Map<String, Object> brokersThatDoNotAnswer() {
    Map<String, Object> settings = new HashMap<>();
    for (UnaryOperator<String> client :
        List.<UnaryOperator<String>>of(
            StreamsConfig::consumerPrefix,
            StreamsConfig::producerPrefix,
            StreamsConfig::adminClientPrefix)) {
      settings.put(client.apply(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG), 10_000);
      // A client asks no one who leads what while it connects to any broker. So it has to ask
      // another before it tries the same again, or it may try that one for minutes.
      settings.put(client.apply(CommonClientConfigs.RETRY_BACKOFF_MAX_MS_CONFIG), 500);
      settings.put(client.apply(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG), 1000);
      settings.put(client.apply(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG), 1000);
    }
    // An admin client that waits for an answer notices that it has timed out when it next does
    // something else.
    settings.put(
        StreamsConfig.adminClientPrefix(CommonClientConfigs.METADATA_MAX_AGE_CONFIG), 5000);
    return settings;
  }

  /** The settings of an admin client for the same cluster. */
  public static Map<String, Object> admin(ServiceConfig config) {
    return new StreamsConfig(of(config)).getAdminConfigs(config.applicationId() + "-topics");
  }

  /** Without a heartbeat for so long, the group gives an instance up. */
  public static Duration sessionTimeout(ServiceConfig config) {
    Object millis =
        new StreamsConfig(of(config))
            .getMainConsumerConfigs(config.applicationId(), "session", 0)
            .get(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG);
    return Duration.ofMillis(Long.parseLong(String.valueOf(millis).trim()));
  }
}
