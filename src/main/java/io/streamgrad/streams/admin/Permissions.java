package io.streamgrad.streams.admin;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.settings.Failures;
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
import org.apache.kafka.common.errors.TopicExistsException;
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
    failIfAny(onTopics(admin, config));
  }

  /**
   * What is missing of all that can be asked; {@link #check} leaves the last two out. Of the group
   * and the transactions only whether the service may see them, which it may wherever it may use
   * them.
   *
   * @return a message for each operation and resource
   * @throws TimeoutException if no broker answers
   */
  public static List<String> missing(Admin admin, ServiceConfig config) {
    List<String> missing = new ArrayList<>(onTopics(admin, config));
    String group = config.applicationId();
    if (failure(admin.describeConsumerGroups(List.of(group)).describedGroups().get(group))
        instanceof GroupAuthorizationException) {
      missing.add(missingGroup(config));
    }
    if (config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2) {
      String transactions = group + "-check"; // any of them
      if (failure(admin.describeTransactions(List.of(transactions)).description(transactions))
          instanceof TransactionalIdAuthorizationException) {
        missing.add(missingTransactions(config));
      }
    }
    return missing;
  }

  private static List<String> onTopics(Admin admin, ServiceConfig config) {
    Map<String, Set<AclOperation>> needed = needed(config);
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
    String changelog = ChangelogReader.topic(config.applicationId());
    if (failure(described.get(changelog)) instanceof UnknownTopicOrPartitionException) {
      missing.addAll(
          notCreated(
              admin
                  .createTopics(
                      List.of(new NewTopic(changelog, Optional.of(1), Optional.empty())),
                      new CreateTopicsOptions().validateOnly(true))
                  .values()));
    }
    return missing;
  }

  /**
   * Checks that topics could be created, as far as permissions go.
   *
   * @throws NotAuthorizedException naming every topic that must not be created
   */
  static void checkCreated(Map<String, KafkaFuture<Void>> created) {
    failIfAny(notCreated(created));
  }

  private static List<String> notCreated(Map<String, KafkaFuture<Void>> created) {
    return created.entrySet().stream()
        .filter(topic -> failure(topic.getValue()) instanceof TopicAuthorizationException)
        .map(topic -> missing(AclOperation.CREATE, ResourceType.TOPIC, topic.getKey()))
        .toList();
  }

  /**
   * What keeps topics from being created.
   *
   * @param created answers for each of them
   * @return a message for each topic that was not, other than because it is there
   */
  static List<String> obstacles(Map<String, KafkaFuture<Void>> created) {
    List<String> obstacles = new ArrayList<>(notCreated(created));
    created.forEach(
        (topic, answer) -> {
          Throwable failure = failure(answer);
          if (failure != null
              && !(failure instanceof TopicAuthorizationException)
              && !(failure instanceof TopicExistsException)) {
            obstacles.add(
                "topic %s can't be created: %s".formatted(topic, Failures.message(failure)));
          }
        });
    return obstacles;
  }

  private static String missingGroup(ServiceConfig config) {
    return missing(AclOperation.READ, ResourceType.GROUP, config.applicationId());
  }

  private static String missingTransactions(ServiceConfig config) {
    String prefix = config.applicationId() + "- (prefixed)";
    return missing(AclOperation.WRITE, ResourceType.TRANSACTIONAL_ID, prefix);
  }

  /** The error of the running stream, or one in its place that says which permission is missing. */
  public static Throwable explained(Throwable error, ServiceConfig config) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      String missing = null;
      if (cause instanceof GroupAuthorizationException) {
        missing = missingGroup(config);
      } else if (cause instanceof TransactionalIdAuthorizationException) {
        missing = missingTransactions(config);
      }
      if (missing != null) {
        NotAuthorizedException explained = new NotAuthorizedException(missing);
        explained.addSuppressed(error);
        return explained;
      }
    }
    return error;
  }

  private static Map<String, Set<AclOperation>> needed(ServiceConfig config) {
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
    if (topics.hasApplied()) {
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
