package io.streamgrad.streams.admin;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.settings.Failures;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** The service's topics: creates them on request, and checks that they fit before it starts. */
public final class Topics {
  private static final Duration VISIBLE_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration VISIBLE_POLL = Duration.ofMillis(50);

  /** Well beyond the longest recovery-target, and what it takes to restart. */
  private static final Duration SHORTEST_RETENTION = Duration.ofHours(1);

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
    Found found = find(admin, config);
    List<String> wrong = new ArrayList<>(absent(found, config));
    wrong.addAll(unfit(admin, found, config));
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
    Found found = find(admin, config);
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
      problems.addAll(absent(found, config));
    }
    problems.addAll(unfit(admin, found, config));
    return problems;
  }

  /** Whether all are there, the changelog aside. */
  public static boolean areThere(Admin admin, ServiceConfig config) {
    return find(admin, config).topics().keySet().containsAll(names(config));
  }

  /**
   * What there is of the service's topics, its changelog included.
   *
   * @param topics by name
   * @param hidden those that Kafka does not let it see, be they there or not
   */
  private record Found(Map<String, TopicDescription> topics, Set<String> hidden) {
    boolean mayBeThere(String name) {
      return topics.containsKey(name) || hidden.contains(name);
    }
  }

  private static Found find(Admin admin, ServiceConfig config) {
    List<String> names = names(config);
    names.add(ChangelogReader.topic(config.applicationId()));
    Map<String, TopicDescription> topics = new HashMap<>();
    Set<String> hidden = new HashSet<>();
    admin
        .describeTopics(names)
        .topicNameValues()
        .forEach(
            (name, answer) -> {
              try {
                get(answer, UnknownTopicOrPartitionException.class)
                    .ifPresent(topic -> topics.put(name, topic));
              } catch (TopicAuthorizationException e) {
                hidden.add(name);
              }
            });
    return new Found(topics, hidden);
  }

  private static List<String> absent(Found found, ServiceConfig config) {
    return names(config).stream()
        .filter(name -> !found.mayBeThere(name))
        .map("topic %s does not exist; create it, or set topics.create: true"::formatted)
        .toList();
  }

  private static List<String> unfit(Admin admin, Found found, ServiceConfig config) {
    List<String> wrong = new ArrayList<>();
    String changelog = ChangelogReader.topic(config.applicationId());
    checkPartitions(found.topics(), config.topics().images(), changelog, wrong);
    checkSnapshotPartitions(found.topics(), config.topics(), wrong);
    List<String> names = names(config);
    names.retainAll(found.topics().keySet());
    checkCleanupPolicy(admin, names, config, wrong);
    return wrong;
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

  private static List<String> names(ServiceConfig config) {
    List<String> names = new ArrayList<>(List.of(config.topics().images()));
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

  /** Each partition's weights live in the same partition of the changelog. */
  private static void checkPartitions(
      Map<String, TopicDescription> found, String images, String changelog, List<String> wrong) {
    TopicDescription input = found.get(images);
    TopicDescription weights = found.get(changelog);
    if (input != null
        && weights != null
        && input.partitions().size() != weights.partitions().size()) {
      wrong.add(
          "topic %s has %d partitions, the weights in %s have %d: their models would be torn apart; use the old number of partitions, or another application-id to train from the beginning"
              .formatted(
                  images, input.partitions().size(), changelog, weights.partitions().size()));
    }
  }

  /** Each partition's snapshots lie in the same partition of their topic. */
  private static void checkSnapshotPartitions(
      Map<String, TopicDescription> found, TopicsConfig topics, List<String> wrong) {
    TopicDescription input = found.get(topics.images());
    TopicDescription snapshots = found.get(topics.snapshots());
    if (input != null
        && snapshots != null
        && input.partitions().size() != snapshots.partitions().size()) {
      wrong.add(
          "topic %s has %d partitions; must have %d, as %s has"
              .formatted(
                  topics.snapshots(),
                  snapshots.partitions().size(),
                  input.partitions().size(),
                  topics.images()));
    }
  }

  /** Compaction would keep one batch of each model, and one prediction; and the last snapshot. */
  private static void checkCleanupPolicy(
      Admin admin, List<String> names, ServiceConfig config, List<String> wrong) {
    TopicsConfig topics = config.topics();
    Set<ConfigResource> resources =
        names.stream()
            .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
            .collect(Collectors.toSet());
    admin
        .describeConfigs(resources)
        .values()
        .forEach(
            (resource, future) -> {
              Config settings;
              try {
                settings = get(future, UnknownTopicOrPartitionException.class).orElseThrow();
              } catch (TopicAuthorizationException e) {
                return; // one of the permissions, which have been asked for
              }
              String policy = settings.get(TopicConfig.CLEANUP_POLICY_CONFIG).value();
              if (resource.name().equals(topics.snapshots())) {
                if (!policy.equals(TopicConfig.CLEANUP_POLICY_COMPACT)) {
                  wrong.add(
                      "topic %s has cleanup.policy=%s; must be compact: a model's last snapshot may be its only one"
                          .formatted(resource.name(), policy));
                }
              } else if (resource.name().equals(topics.images())
                  && !config.recoveryTarget().isZero()
                  && isShort(settings.get(TopicConfig.RETENTION_MS_CONFIG))) {
                wrong.add(
                    "topic %s keeps its records for %s ms (retention.ms); must be an hour or longer, because what stored weights lack is learned again from it; or set recovery-target: 0s"
                        .formatted(
                            resource.name(),
                            settings.get(TopicConfig.RETENTION_MS_CONFIG).value()));
              } else if (policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
                wrong.add(
                    "topic %s has cleanup.policy=%s; must be delete: its keys are model names, and compaction keeps one record of each"
                        .formatted(resource.name(), policy));
              }
            });
  }

  private static boolean isShort(ConfigEntry retention) {
    long millis = Long.parseLong(retention.value());
    return millis >= 0 && millis < SHORTEST_RETENTION.toMillis();
  }

  /** The future's value; empty if it failed in the way that is expected. */
  private static <T> Optional<T> get(KafkaFuture<T> future, Class<? extends Exception> expected) {
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
