package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
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
    return describe(topic).partitions().stream()
        .map(info -> new TopicPartition(topic, info.partition()))
        .toList();
  }

  /** A topic's id. */
  Uuid topicId(String topic) {
    return describe(topic).topicId();
  }

  private TopicDescription describe(String topic) {
    return get(admin.describeTopics(List.of(topic)).allTopicNames(), "topic " + topic)
        .values()
        .iterator()
        .next();
  }

  /** Whether there is such a topic, as far as the service may see. */
  boolean exists(String topic) {
    return get(admin.listTopics().names(), "topics").contains(topic);
  }

  /** Whether a topic keeps only the last record of a key. False where Kafka doesn't let it see. */
  boolean isCompacted(String topic) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try {
      ConfigEntry policy =
          admin
              .describeConfigs(List.of(resource))
              .all()
              .get()
              .values()
              .iterator()
              .next()
              .get(TopicConfig.CLEANUP_POLICY_CONFIG);
      return policy != null && String.valueOf(policy.value()).contains("compact");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthorizationException) {
        return false;
      }
      throw failure(e);
    } catch (InterruptedException e) {
      throw interrupted(topic);
    }
  }

  /**
   * The transactional ids of other applications' producers that have written to a topic lately.
   * Empty where Kafka doesn't let it see.
   */
  Set<String> otherApplications(String topic) {
    try {
      Set<Long> producers = new HashSet<>();
      admin
          .describeProducers(partitions(topic))
          .all()
          .get()
          .values()
          .forEach(state -> state.activeProducers().forEach(p -> producers.add(p.producerId())));
      if (producers.isEmpty()) {
        return Set.of();
      }
      ListTransactionsOptions theirs = new ListTransactionsOptions().filterProducerIds(producers);
      Predicate<String> own =
          Pattern.compile(Pattern.quote(config.applicationId()) + "-[0-9a-f-]{36}-\\d+")
              .asMatchPredicate();
      return admin.listTransactions(theirs).all().get().stream()
          .map(TransactionListing::transactionalId)
          .filter(own.negate())
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthorizationException
          || e.getCause() instanceof UnsupportedVersionException) {
        return Set.of();
      }
      throw failure(e);
    } catch (InterruptedException e) {
      throw interrupted(topic);
    }
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
    try {
      OffsetAndMetadata offset = group.committed(Set.of(partition)).get(partition);
      return offset == null ? -1 : offset.offset();
    } catch (TimeoutException e) {
      throw new VerificationException(
          "the committed offset of %s can't be read: a transaction of application %s that is about to change it stays open, or the broker does not answer (%s)"
              .formatted(partition, config.applicationId(), e.getMessage()));
    }
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
    return new LogCursor(
        consumer(config, Map.of()), partition, start, end, config.transactionPatience());
  }

  private static KafkaConsumer<byte[], byte[]> consumer(
      ServiceConfig config, Map<String, Object> more) {
    Map<String, Object> properties = config.kafka().outsideTheGroup();
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
      throw failure(e);
    } catch (InterruptedException e) {
      throw interrupted(what);
    }
  }

  private static KafkaException failure(ExecutionException e) {
    return e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e);
  }

  private static VerificationException interrupted(String what) {
    Thread.currentThread().interrupt();
    return new VerificationException("interrupted while asking Kafka about " + what);
  }

  @Override
  public void close() {
    group.close();
    admin.close();
  }
}
