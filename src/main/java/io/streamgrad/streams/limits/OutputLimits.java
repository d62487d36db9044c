package io.streamgrad.streams.limits;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.limits.TopicLimits.Limit;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.StreamsProperties;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.StreamsConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the topics that the service writes take, and what its producer sends.
 *
 * @param topics by name
 * @param request the producer's {@code max.request.size}
 * @param buffer the producer's {@code buffer.memory}
 */
public record OutputLimits(Map<String, TopicLimits> topics, Limit request, Limit buffer) {
  private static final Logger LOG = LoggerFactory.getLogger(OutputLimits.class);

  private static final int DEFAULT_REQUEST = 1 << 20;
  private static final int DEFAULT_BUFFER = 32 << 20;
  private static final String PRODUCER = "kafka." + StreamsConfig.PRODUCER_PREFIX;

  /** Kafka's own. */
  static final OutputLimits DEFAULTS =
      new OutputLimits(
          Map.of(),
          new Limit(DEFAULT_REQUEST, PRODUCER + ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
          new Limit(DEFAULT_BUFFER, PRODUCER + ProducerConfig.BUFFER_MEMORY_CONFIG));

  /**
   * Asks for them. The producer's request size follows the topics' unless it is given. A topic that
   * is missing is asked for as it would be created, or left out where that can't be.
   *
   * @throws TopicsException if Kafka can't be asked
   * @throws TimeoutException if no broker answers
   */
  public static OutputLimits ask(Admin admin, ServiceConfig config) {
    Map<String, Object> producer =
        new StreamsConfig(StreamsProperties.of(config)).getProducerConfigs("limits");
    Map<String, TopicLimits> topics = topics(admin, config, isCompressed(producer));
    Limit buffer = limit(producer, ProducerConfig.BUFFER_MEMORY_CONFIG, DEFAULT_BUFFER);
    int largest =
        topics.values().stream().mapToInt(topic -> topic.size().bytes()).max().orElseThrow();
    int follows = Math.min(Math.max(DEFAULT_REQUEST, largest), buffer.bytes());
    Limit request = limit(producer, ProducerConfig.MAX_REQUEST_SIZE_CONFIG, follows);
    return new OutputLimits(topics, request, buffer);
  }

  /** The topics' limits as they are now; the producer keeps its own until the service ends. */
  OutputLimits askAgain(Admin admin, ServiceConfig config) {
    return new OutputLimits(ask(admin, config).topics, request, buffer);
  }

  /** Whether it is known what a topic takes; without any topics, Kafka's defaults are. */
  boolean knows(String topic) {
    return topics.isEmpty() || topics.containsKey(topic);
  }

  /** What a topic takes. */
  TopicLimits of(String topic) {
    return topics.getOrDefault(topic, TopicLimits.DEFAULTS);
  }

  /** How large a record for a topic may be. */
  public Limit size(String topic) {
    return of(topic).size().min(request).min(buffer);
  }

  /** The least that any of the topics takes. */
  int smallest() {
    return topics.keySet().stream().mapToInt(topic -> size(topic).bytes()).min().orElseThrow();
  }

  private static boolean isCompressed(Map<String, Object> producer) {
    Object codec = producer.get(ProducerConfig.COMPRESSION_TYPE_CONFIG);
    return codec != null && !codec.equals("none");
  }

  private static Limit limit(Map<String, Object> producer, String setting, int unlessGiven) {
    long value =
        (long)
            ConfigDef.parseType(
                setting,
                producer.getOrDefault(setting, Integer.toString(unlessGiven)).toString(),
                ConfigDef.Type.LONG);
    return new Limit((int) Math.min(Integer.MAX_VALUE, value), PRODUCER + setting);
  }

  private static Map<String, TopicLimits> topics(
      Admin admin, ServiceConfig config, boolean compressed) {
    List<String> names = config.writtenTopics();
    String changelog = ChangelogReader.topic(config.applicationId());
    names.add(changelog);
    Map<ConfigResource, KafkaFuture<Config>> asked =
        admin
            .describeConfigs(
                names.stream()
                    .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                    .toList())
            .values();
    Map<String, TopicLimits> limits = new HashMap<>();
    asked.forEach(
        (topic, answer) -> {
          String name = topic.name();
          if (name.equals(changelog)) {
            limits.put(name, changelog(admin, config, answer, compressed));
          } else if (!(failure(answer) instanceof UnknownTopicOrPartitionException)) {
            limits.put(name, TopicLimits.of(get(answer), compressed));
          } else if (config.topics().create()) {
            KafkaFuture<Config> created = asCreated(admin, name, Map.of());
            if (failure(created) == null) { // it is told elsewhere what keeps it from being made
              limits.put(name, TopicLimits.of(get(created), compressed));
            }
          }
        });
    return Map.copyOf(limits);
  }

  /**
   * Those of the changelog, or the ones that it would be created with. Older lists of permissions
   * do not allow to ask.
   */
  private static TopicLimits changelog(
      Admin admin, ServiceConfig config, KafkaFuture<Config> answer, boolean compressed) {
    KafkaFuture<Config> asked = answer;
    if (failure(asked) instanceof UnknownTopicOrPartitionException) {
      Map<String, String> settings = new HashMap<>();
      new StreamsConfig(StreamsProperties.of(config))
          .originalsWithPrefix(StreamsConfig.TOPIC_PREFIX)
          .forEach((name, value) -> settings.put(name, value.toString()));
      asked = asCreated(admin, ChangelogReader.topic(config.applicationId()), settings);
    }
    Throwable failure = failure(asked);
    if (failure instanceof AuthorizationException || (failure != null && asked != answer)) {
      LOG.info(
          "can't ask what {} takes, and goes by Kafka's defaults: {}",
          ChangelogReader.topic(config.applicationId()),
          Failures.message(failure));
      return TopicLimits.DEFAULTS;
    }
    return TopicLimits.of(get(asked), compressed);
  }

  private static @Nullable Throwable failure(KafkaFuture<?> future) {
    try {
      future.get();
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  /** The settings that a topic would have. */
  private static KafkaFuture<Config> asCreated(
      Admin admin, String topic, Map<String, String> settings) {
    return admin
        .createTopics(
            List.of(new NewTopic(topic, Optional.of(1), Optional.empty()).configs(settings)),
            new CreateTopicsOptions().validateOnly(true))
        .config(topic);
  }

  private static <T> T get(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException silence) {
        throw silence;
      }
      throw failed(e);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static TopicsException failed(ExecutionException e) {
    return new TopicsException("could not ask Kafka what its topics take: " + Failures.message(e));
  }

  private static TopicsException interrupted() {
    Thread.currentThread().interrupt();
    return new TopicsException("interrupted while asking Kafka what its topics take");
  }
}
