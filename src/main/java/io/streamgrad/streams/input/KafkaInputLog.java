package io.streamgrad.streams.input;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Answers;
import io.streamgrad.streams.settings.StreamsProperties;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.StreamsConfig;

/**
 * A topic of a service's input on its cluster. Opens clients for each question, and closes them.
 * Thread-safe.
 */
public final class KafkaInputLog implements InputLog {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

  private final ServiceConfig config;
  private final String topic;

  /** One of the topics that this configuration reads. */
  public KafkaInputLog(ServiceConfig config, String topic) {
    this.config = config;
    this.topic = topic;
  }

  @Override
  public LogState state(int partition) {
    TopicPartition input = new TopicPartition(topic, partition);
    Duration patience = config.transactionPatience();
    try (Admin admin = Admin.create(StreamsProperties.admin(config));
        KafkaConsumer<byte[], byte[]> consumer = consumer(config)) {
      TopicDescription description = describe(admin, topic);
      // Not the admin client: it takes an offset that is about to change for none.
      OffsetAndMetadata committed = consumer.committed(Set.of(input), patience).get(input);
      return new LogState(
          topic,
          description.topicId().toString(),
          partition,
          description.partitions().size(),
          only(consumer.beginningOffsets(Set.of(input), patience)),
          only(consumer.endOffsets(Set.of(input), patience)),
          committed == null ? LogState.NONE : committed.offset());
    }
  }

  /** The offset of a single partition. */
  public static long only(Map<TopicPartition, Long> offsets) {
    return offsets.values().iterator().next();
  }

  /**
   * A topic as it is.
   *
   * @throws KafkaException as Kafka says, unwrapped
   */
  public static TopicDescription describe(Admin admin, String topic) {
    return Answers.of(admin.describeTopics(List.of(topic)).allTopicNames())
        .values()
        .iterator()
        .next();
  }

  @Override
  public void read(
      int partition, long from, long to, Predicate<ConsumerRecord<byte[], byte[]>> reader) {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(config)) {
      try {
        read(consumer, new TopicPartition(topic, partition), from, to, FOREVER, reader);
      } catch (InterruptException e) {
        Thread.interrupted(); // or the consumer could not be closed
        throw e;
      }
    }
  }

  @Override
  public RecordReader reader(int partition) {
    return new KafkaRecordReader(consumer(config), new TopicPartition(topic, partition));
  }

  @Override
  public boolean hasRecords(int partition, long from, long to) {
    AtomicBoolean found = new AtomicBoolean();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(config)) {
      read(
          consumer,
          new TopicPartition(topic, partition),
          from,
          to,
          config.transactionPatience(),
          record -> !found.compareAndSet(false, true));
    }
    return found.get();
  }

  /**
   * Reads the committed records of any partition between two offsets.
   *
   * @param patience so long may there be no progress
   * @throws TimeoutException if there is none for longer
   */
  public static void read(
      Consumer<byte[], byte[]> consumer,
      TopicPartition partition,
      long from,
      long to,
      Duration patience,
      Predicate<ConsumerRecord<byte[], byte[]>> reader) {
    consumer.assign(List.of(partition));
    consumer.seek(partition, from);
    long progress = System.nanoTime();
    for (long at = from; at < to; ) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        if (record.offset() >= to || !reader.test(record)) {
          return;
        }
      }
      long next = position(consumer, partition, at);
      if (next > at) {
        at = next;
        progress = System.nanoTime();
      } else if (Duration.ofNanos(System.nanoTime() - progress).compareTo(patience) > 0) {
        throw new TimeoutException(
            "%s can't be read beyond offset %d, and was to be read up to %d: a transaction is open, or the broker does not answer"
                .formatted(partition, at, to));
      }
    }
  }

  /** Where the consumer is, or was: it does not know while brokers change and none answers. */
  private static long position(
      Consumer<byte[], byte[]> consumer, TopicPartition partition, long before) {
    try {
      return consumer.position(partition, POLL);
    } catch (TimeoutException e) {
      return before;
    }
  }

  /** A read_committed consumer that may ask for the group's offsets and joins no group. */
  public static KafkaConsumer<byte[], byte[]> consumer(ServiceConfig config) {
    Map<String, Object> settings =
        new StreamsConfig(StreamsProperties.of(config))
            .getRestoreConsumerConfigs(config.applicationId() + "-position");
    settings.keySet().removeAll(Set.of("group.protocol", ConsumerConfig.CLIENT_ID_CONFIG));
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, config.applicationId());
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // At a log's end a consumer asks for more than is wanted, and its close waits for the answer.
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 20);
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
