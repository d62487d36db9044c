package io.streamgrad.streams.input;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Answers;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.StreamsGroupDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;

/**
 * The active members of a service's group.
 *
 * @param count how many there are
 * @param topics that they were assigned partitions of
 */
public record GroupMembers(int count, Set<String> topics) {

  /**
   * Those of the group that is named by the application-id; none where it must not be asked.
   *
   * @throws KafkaException if Kafka can't be asked
   */
  public static GroupMembers of(Admin admin, ServiceConfig config) {
    String group = config.applicationId();
    if ("streams".equalsIgnoreCase(config.kafka().values().get("group.protocol"))) {
      StreamsGroupDescription found =
          get(admin.describeStreamsGroups(List.of(group)).describedGroups().get(group));
      return found == null
          ? none()
          : new GroupMembers(
              found.members().size(),
              found.members().isEmpty()
                  ? Set.of()
                  : found.subtopologies().stream()
                      .flatMap(subtopology -> subtopology.sourceTopics().stream())
                      .collect(Collectors.toCollection(TreeSet::new)));
    }
    ConsumerGroupDescription found =
        get(admin.describeConsumerGroups(List.of(group)).describedGroups().get(group));
    return found == null
        ? none()
        : new GroupMembers(
            found.members().size(),
            found.members().stream()
                .flatMap(member -> member.assignment().topicPartitions().stream())
                .map(TopicPartition::topic)
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static GroupMembers none() {
    return new GroupMembers(0, Set.of());
  }

  private static <T> @Nullable T get(@Nullable KafkaFuture<T> future) {
    try {
      return future == null ? null : Answers.of(future);
    } catch (GroupIdNotFoundException | GroupAuthorizationException e) {
      return null; // the stream itself will say which right is missing
    }
  }

  /**
   * Checks that no member is of another service.
   *
   * @throws InputMismatchException if one has another topic than this service
   */
  public void requireOnlyOurs(ServiceConfig config) {
    List<String> ours = config.readTopics();
    for (String topic : topics) {
      if (!ours.contains(topic)) {
        throw new InputMismatchException(
            new Mismatch(
                Mismatch.Kind.SHARED_APPLICATION,
                "another service with application-id %s is running, which reads topic %s where this one reads %s"
                    .formatted(config.applicationId(), topic, String.join(" and ", ours)),
                "let each learn on with the other's weights",
                "Give this one an application-id of its own: -c application-id=%s-2"
                    .formatted(config.applicationId())));
      }
    }
  }
}
