package io.streamgrad.streams.admin;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.recovery.ChangelogReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TransactionalIdAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.resource.ResourceType;
import org.jspecify.annotations.Nullable;

/**
 * What the service must be allowed where Kafka has an authorizer; README lists the same as
 * commands. Asked before the start, because Kafka's own errors leave out the operation, and come
 * only with the first record that needs it.
 */
public final class Permissions {
  private Permissions() {}

  /**
   * Checks what can be asked: everything but the group and the transactions.
   *
   * @throws NotAuthorizedException naming every operation that is missing, and its topic
   * @throws TimeoutException if no broker answers
   */
  static void check(Admin admin, ServiceConfig config) {
    Map<String, Set<AclOperation>> needed = onTopics(config);
    Map<String, KafkaFuture<TopicDescription>> described =
        admin
            .describeTopics(
                needed.keySet(), new DescribeTopicsOptions().includeAuthorizedOperations(true))
            .topicNameValues();
    List<String> missing = new ArrayList<>();
    described.forEach(
        (topic, description) -> {
          Set<AclOperation> allowed = allowed(description);
          needed.getOrDefault(topic, Set.of()).stream()
              .sorted()
              .filter(operation -> allowed != null && !allowed.contains(operation))
              .forEach(operation -> missing.add(missing(operation, ResourceType.TOPIC, topic)));
        });
    failIfAny(missing);
    String changelog = ChangelogReader.topic(config.applicationId());
    if (failure(described.get(changelog)) instanceof UnknownTopicOrPartitionException) {
      checkCreated(
          admin
              .createTopics(
                  List.of(new NewTopic(changelog, Optional.of(1), Optional.empty())),
                  new CreateTopicsOptions().validateOnly(true))
              .values());
    }
  }

  /**
   * Checks that topics could be created, as far as permissions go.
   *
   * @throws NotAuthorizedException naming every topic that must not be created
   */
  static void checkCreated(Map<String, KafkaFuture<Void>> created) {
    failIfAny(
        created.entrySet().stream()
            .filter(topic -> failure(topic.getValue()) instanceof TopicAuthorizationException)
            .map(topic -> missing(AclOperation.CREATE, ResourceType.TOPIC, topic.getKey()))
            .toList());
  }

  /** The error of the running stream, or one in its place that says which permission is missing. */
  public static Throwable explained(Throwable error, ServiceConfig config) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      String missing = null;
      if (cause instanceof GroupAuthorizationException) {
        missing = missing(AclOperation.READ, ResourceType.GROUP, config.applicationId());
      } else if (cause instanceof TransactionalIdAuthorizationException) {
        String prefix = config.applicationId() + "- (prefixed)";
        missing = missing(AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, prefix);
      }
      if (missing != null) {
        NotAuthorizedException explained = new NotAuthorizedException(missing);
        explained.addSuppressed(error);
        return explained;
      }
    }
    return error;
  }

  private static Map<String, Set<AclOperation>> onTopics(ServiceConfig config) {
    Set<AclOperation> write = Set.of(AclOperation.WRITE, AclOperation.DESCRIBE_CONFIGS);
    TopicsConfig topics = config.topics();
    Map<String, Set<AclOperation>> needed = new LinkedHashMap<>();
    for (String topic : config.readTopics()) {
      needed.put(topic, Set.of(AclOperation.READ, AclOperation.DESCRIBE_CONFIGS));
    }
    needed.put(topics.predictions(), write);
    needed.put(topics.metrics(), write);
    needed.put(topics.deadLetters(), write);
    if (config.snapshots().enabled()) {
      needed.put(topics.snapshots(), write);
    }
    if (topics.hasLabels()) {
      needed.put(topics.applied(), write);
    }
    needed.put(
        ChangelogReader.topic(config.applicationId()),
        Set.of(AclOperation.READ, AclOperation.WRITE));
    return needed;
  }

  /** What is allowed on a topic; null if that can't be told. */
  private static @Nullable Set<AclOperation> allowed(KafkaFuture<TopicDescription> description) {
    Throwable failure = failure(description);
    if (failure instanceof TopicAuthorizationException) {
      // Neither Read nor Write, which imply Describe; about the settings nothing is known.
      return Set.of(AclOperation.DESCRIBE_CONFIGS);
    }
    return failure == null
        ? description.toCompletionStage().toCompletableFuture().join().authorizedOperations()
        : null;
  }

  private static @Nullable Throwable failure(@Nullable KafkaFuture<?> future) {
    if (future == null) {
      return null;
    }
    try {
      future.get();
      return null;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException silence) {
        throw silence;
      }
      return e.getCause();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TopicsException("interrupted while asking Kafka about its topics");
    }
  }

  private static void failIfAny(List<String> missing) {
    if (!missing.isEmpty()) {
      throw new NotAuthorizedException(String.join("\n", missing));
    }
  }

  private static String missing(AclOperation operation, ResourceType type, String name) {
    return "not authorized: the service needs %s on %s %s; README lists its permissions under Security"
        .formatted(camelCase(operation.name()), camelCase(type.name()), name);
  }

  /** DESCRIBE_CONFIGS as DescribeConfigs, which is how Kafka's tools write it. */
  private static String camelCase(String constant) {
    StringBuilder text = new StringBuilder();
    for (String word : constant.split("_", -1)) {
      text.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return text.toString();
  }
}
