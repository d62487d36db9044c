package io.streamgrad.streams.admin;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.recovery.ChangelogReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * What there is of the service's topics, its changelog included, and whether it fits.
 *
 * @param topics by name
 * @param hidden those that Kafka does not let it see, be they there or not
 */
record FoundTopics(Map<String, TopicDescription> topics, Set<String> hidden) {
  /** Well beyond the longest recovery-target, and what it takes to restart. */
  private static final Duration SHORTEST_RETENTION = Duration.ofHours(1);

  /** Asks for them. */
  static FoundTopics find(Admin admin, ServiceConfig config) {
    List<String> names = Topics.names(config);
    names.add(ChangelogReader.topic(config.applicationId()));
    Map<String, TopicDescription> topics = new HashMap<>();
    Set<String> hidden = new HashSet<>();
    admin
        .describeTopics(names)
        .topicNameValues()
        .forEach(
            (name, answer) -> {
              try {
                Topics.get(answer, UnknownTopicOrPartitionException.class)
                    .ifPresent(topic -> topics.put(name, topic));
              } catch (TopicAuthorizationException e) {
                hidden.add(name);
              }
            });
    return new FoundTopics(topics, hidden);
  }

  boolean mayBeThere(String name) {
    return topics.containsKey(name) || hidden.contains(name);
  }

  /** A message for each that is not there. */
  List<String> absent(ServiceConfig config) {
    return Topics.names(config).stream()
        .filter(name -> !mayBeThere(name))
        .map("topic %s does not exist; create it, or set topics.create: true"::formatted)
        .toList();
  }

  /** A message for everything that does not fit of those that are there. */
  List<String> unfit(Admin admin, ServiceConfig config) {
    List<String> wrong = new ArrayList<>();
    String changelog = ChangelogReader.topic(config.applicationId());
    checkPartitions(config.topics().images(), changelog, wrong);
    TopicsConfig all = config.topics();
    for (String name : List.of(all.snapshots(), all.labels(), all.commands(), all.applied())) {
      checkSamePartitions(all.images(), name, wrong);
    }
    List<String> names = Topics.names(config);
    names.retainAll(topics.keySet());
    checkCleanupPolicy(admin, names, config, wrong);
    return wrong;
  }

  /** Each partition's weights live in the same partition of the changelog. */
  private void checkPartitions(String images, String changelog, List<String> wrong) {
    TopicDescription input = topics.get(images);
    TopicDescription weights = topics.get(changelog);
    if (input != null
        && weights != null
        && input.partitions().size() != weights.partitions().size()) {
      wrong.add(
          "topic %s has %d partitions, the weights in %s have %d: their models would be torn apart; use the old number of partitions, or another application-id to train from the beginning"
              .formatted(
                  images, input.partitions().size(), changelog, weights.partitions().size()));
    }
  }

  /** What belongs to a partition of the images lies in the same partition of its own topic. */
  private void checkSamePartitions(String images, String name, List<String> wrong) {
    TopicDescription input = topics.get(images);
    TopicDescription other = topics.get(name);
    if (input != null && other != null && input.partitions().size() != other.partitions().size()) {
      wrong.add(
          "topic %s has %d partitions; must have %d, as %s has"
              .formatted(name, other.partitions().size(), input.partitions().size(), images));
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
                settings = Topics.get(future, UnknownTopicOrPartitionException.class).orElseThrow();
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
              } else if (config.readTopics().contains(resource.name())
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
}
