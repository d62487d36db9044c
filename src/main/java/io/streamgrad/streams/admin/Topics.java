package io.streamgrad.streams.admin;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** The service's topics: creates them on request, and has them checked before it starts. */
public final class Topics {
  private static final Duration VISIBLE_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration VISIBLE_POLL = Duration.ofMillis(50);

  private Topics() {}

  /**
   * Creates what is missing if the configuration says so, then checks.
   *
   * @return the number of partitions of the images topic
   * @throws TopicsException naming every topic that is missing or unfit
   * @throws NotAuthorizedException naming every operation on them that Kafka does not allow
   * @throws TimeoutException if no broker answers
   */
  public static int prepare(Admin admin, ServiceConfig config) {
    if (config.topics().create()) {
      create(admin, names(config), config.topics());
    }
    Permissions.check(admin, config);
    FoundTopics found = FoundTopics.find(admin, config);
    List<String> wrong = new ArrayList<>(found.absent(config));
    wrong.addAll(found.unfit(admin, config));
    if (!wrong.isEmpty()) {
      throw new TopicsException(String.join("\n", wrong));
    }
    String changelog = ChangelogReader.topic(config.applicationId());
    if (found.topics().containsKey(changelog)) {
      Changelog.configure(admin, changelog);
    }
    return Objects.requireNonNull(found.topics().get(config.topics().images())).partitions().size();
  }

  /**
   * Everything but {@link Permissions} that {@link #prepare} would stop for, and whether it could
   * create what is missing. Changes nothing.
   *
   * @return a message for each topic and what is wrong with it
   * @throws TimeoutException if no broker answers
   */
  public static List<String> problems(Admin admin, ServiceConfig config) {
    List<String> problems = new ArrayList<>();
    FoundTopics found = FoundTopics.find(admin, config);
    if (config.topics().create()) {
      List<String> missing =
          names(config).stream().filter(name -> !found.mayBeThere(name)).toList();
      problems.addAll(
          Permissions.obstacles(
              admin
                  .createTopics(
                      newTopics(missing, config.topics()),
                      new CreateTopicsOptions().validateOnly(true))
                  .values()));
    } else {
      problems.addAll(found.absent(config));
    }
    problems.addAll(found.unfit(admin, config));
    return problems;
  }

  /** Whether Kafka says that there is no images topic; false where it does not answer either. */
  public static boolean isInputGone(ServiceConfig config) {
    try {
      Admin admin = Admin.create(StreamsProperties.admin(config));
      try {
        return describe(admin, List.of(config.topics().images())).isEmpty();
      } finally {
        admin.close(Duration.ZERO);
      }
    } catch (TopicsException | KafkaException e) { // the latter where no broker answers
      return false;
    }
  }

  /** Their names, the changelog's left out. */
  static List<String> names(ServiceConfig config) {
    List<String> names = new ArrayList<>(config.readTopics());
    names.addAll(config.writtenTopics());
    return names;
  }

  private static void create(Admin admin, List<String> names, TopicsConfig topics) {
    Map<String, KafkaFuture<Void>> created = admin.createTopics(newTopics(names, topics)).values();
    Permissions.checkCreated(created);
    created.values().forEach(f -> get(f, TopicExistsException.class));
    awaitVisible(admin, names);
  }

  private static List<NewTopic> newTopics(List<String> names, TopicsConfig topics) {
    Optional<Short> replication =
        topics.replicationFactor() < 0
            ? Optional.empty() // the broker's default.replication.factor
            : Optional.of(topics.replicationFactor());
    return names.stream()
        .map(
            name ->
                new NewTopic(name, Optional.of(topics.partitions()), replication)
                    .configs(
                        Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, cleanupPolicy(topics, name))))
        .toList();
  }

  private static String cleanupPolicy(TopicsConfig topics, String name) {
    return name.equals(topics.snapshots())
        ? TopicConfig.CLEANUP_POLICY_COMPACT
        : TopicConfig.CLEANUP_POLICY_DELETE;
  }

  /** A broker learns of new topics a moment after the controller has made them. */
  private static void awaitVisible(Admin admin, List<String> names) {
    long deadline = System.nanoTime() + VISIBLE_TIMEOUT.toNanos();
    while (describe(admin, names).size() < names.size() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(VISIBLE_POLL.toNanos());
    }
  }

  private static Map<String, TopicDescription> describe(Admin admin, List<String> names) {
    return admin.describeTopics(names).topicNameValues().values().stream()
        .map(future -> get(future, UnknownTopicOrPartitionException.class))
        .flatMap(Optional::stream)
        .collect(Collectors.toMap(TopicDescription::name, topic -> topic));
  }

  /** The future's value; empty if it failed in the way that is expected. */
  static <T> Optional<T> get(KafkaFuture<T> future, Class<? extends Exception> expected) {
    try {
      return Optional.ofNullable(future.get());
    } catch (ExecutionException e) {
      if (expected.isInstance(e.getCause())) {
        return Optional.empty();
      }
      if (e.getCause() instanceof TimeoutException silence) {
        throw silence;
      }
      if (e.getCause() instanceof TopicAuthorizationException refusal) {
        throw refusal;
      }
      throw new TopicsException("could not ask Kafka about its topics: " + Failures.message(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TopicsException("interrupted while asking Kafka about its topics");
    }
  }
}
