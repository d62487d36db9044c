package io.streamgrad.streams.input;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.recovery.ChangelogReader;
import io.streamgrad.streams.admin.TopicsException;
import io.streamgrad.streams.settings.Answers;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Whether the topics that a service writes to are still there, and the changelog is the one that it
 * was. A producer takes a topic that is gone for one that is about to come, and waits for minutes.
 * One thread.
 */
final class WrittenTopics {
  private final String changelog;
  private final List<String> names;
  private final Map<String, Uuid> ids = new HashMap<>(); // of those that were seen
  private final Set<String> missing = new HashSet<>(); // since the last look

  WrittenTopics(ServiceConfig config) {
    changelog = ChangelogReader.topic(config.applicationId());
    names = config.writtenTopics();
    names.add(changelog);
  }

  /**
   * Looks once more. Metadata may lack a topic for a moment (docs/decisions/0015): it is gone if
   * the next look does not find it either.
   *
   * @throws TopicsException if a topic that was there is gone, or the changelog is another one
   * @throws KafkaException if Kafka can't be asked
   */
  void check(Admin admin) {
    admin.describeTopics(names).topicNameValues().forEach(this::check);
  }

  private void check(String name, KafkaFuture<TopicDescription> answer) {
    Uuid id = id(answer);
    if (id == null) {
      if (ids.containsKey(name) && !missing.add(name)) {
        throw new TopicsException("topic %s was deleted".formatted(name));
      }
      return;
    }
    missing.remove(name);
    Uuid before = ids.put(name, id);
    if (name.equals(changelog) && before != null && !before.equals(id)) {
      throw new TopicsException(
          "topic %s, which the weights are stored in, was deleted and created again"
              .formatted(name));
    }
  }

  private static @Nullable Uuid id(KafkaFuture<TopicDescription> answer) {
    try {
      return Answers.of(answer).topicId();
    } catch (UnknownTopicOrPartitionException e) {
      return null;
    }
  }
}
