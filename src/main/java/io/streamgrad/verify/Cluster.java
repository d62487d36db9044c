package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The service's Kafka cluster, to be read from. Used by one thread. */
final class Cluster implements AutoCloseable {
  private final ServiceConfig config;
  private final Admin admin;
  private final KafkaConsumer<byte[], byte[]> group; // asks for its offsets, does not join

  Cluster(ServiceConfig config) {
    this.config = config;
    group = consumer(config, Map.of(ConsumerConfig.GROUP_ID_CONFIG, config.applicationId()));
    admin = Admin.create(config.kafka().client("admin"));
  }

  /** A topic's partitions. */
  List<TopicPartition> partitions(String topic) {
    int count =
        get(admin.describeTopics(List.of(topic)).allTopicNames(), "topic " + topic)
            .values()
            .iterator()
            .next()
            .partitions()
            .size();
    return IntStream.range(0, count).mapToObj(p -> new TopicPartition(topic, p)).toList();
  }

  /** A topic's id. */
  Uuid topicId(String topic) {
    return get(admin.describeTopics(List.of(topic)).allTopicNames(), "topic " + topic)
        .values()
        .iterator()
        .next()
        .topicId();
  }

  /** Whether there is such a partition. */
  boolean exists(TopicPartition partition) {
    return get(admin.listTopics().names(), "topics").contains(partition.topic())
        && partitions(partition.topic()).contains(partition);
  }

  /** The offset of the first record that is still there. */
  long start(TopicPartition partition) {
    return offset(partition, OffsetSpec.earliest());
  }

  /** The offset after the last record, in a transaction still open or not. */
  long end(TopicPartition partition) {
    return offset(partition, OffsetSpec.latest());
  }

  private long offset(TopicPartition partition, OffsetSpec which) {
    return get(
            admin.listOffsets(Map.of(partition, which)).partitionResult(partition),
            partition.toString())
        .offset();
  }

  /**
   * The offset that the service has committed; waits for the end of a transaction that is about to
   * change it. -1 if there is none.
   */
  long committed(TopicPartition partition) {
    // Not the admin client: it takes an offset that is about to change for none.
    OffsetAndMetadata offset = group.committed(Set.of(partition)).get(partition);
    return offset == null ? -1 : offset.offset();
  }

  /** The committed records of a partition that is still as long as it is now. */
  LogCursor read(TopicPartition partition) {
    return read(partition, start(partition), end(partition));
  }

  /** The same, from an offset on if the log does not begin later. */
  LogCursor readFrom(TopicPartition partition, long offset) {
    return read(partition, Math.max(offset, start(partition)), end(partition));
  }

  /** The committed records of a partition between two offsets, the second one excluded. */
  LogCursor read(TopicPartition partition, long start, long end) {
    return new LogCursor(consumer(config, Map.of()), partition, start, end);
  }

  private static KafkaConsumer<byte[], byte[]> consumer(
      ServiceConfig config, Map<String, Object> more) {
    Map<String, Object> properties = new HashMap<>(config.kafka().client("consumer"));
    // The service's own place in its group.
    properties.keySet().removeAll(Set.of("group.protocol", "group.instance.id", "client.id"));
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    // A log that is cut while it is read may not be read on from somewhere else.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // At a log's end a consumer asks for more than is wanted, and its close waits for the answer.
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20);
    properties.putAll(more);
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static <T> T get(KafkaFuture<T> future, String what) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        throw new VerificationException(what + " does not exist");
      }
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VerificationException("interrupted while asking Kafka about " + what);
    }
  }

  @Override
  public void close() {
    group.close();
    admin.close();
  }
}
