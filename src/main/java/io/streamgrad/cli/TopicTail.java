package io.streamgrad.cli;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Committed records of topics, from their beginning or from now on. One thread. */
final class TopicTail implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaConsumer<byte[], byte[]> consumer;

  /**
   * Stands at the topics' beginning or end; records that are committed from then on are not missed.
   *
   * @throws KafkaException if there is no such topic, or it may not be read
   */
  TopicTail(Map<String, Object> client, List<String> topics, boolean fromBeginning) {
    consumer = consumer(client);
    try {
      begin(topics.stream().flatMap(topic -> partitions(topic).stream()).toList(), fromBeginning);
    } catch (TopicAuthorizationException e) {
      consumer.close();
      throw new KafkaException(
          "not authorized: this needs Read on Topic " + String.join(", ", e.unauthorizedTopics()));
    } catch (RuntimeException e) {
      consumer.close();
      throw e;
    }
  }

  private List<TopicPartition> partitions(String topic) {
    List<PartitionInfo> found = consumer.partitionsFor(topic);
    if (found.isEmpty()) {
      throw new KafkaException("there is no topic " + topic + " (--topic)");
    }
    return found.stream().map(info -> new TopicPartition(topic, info.partition())).toList();
  }

  private void begin(List<TopicPartition> partitions, boolean fromBeginning) {
    consumer.assign(partitions);
    if (fromBeginning) {
      consumer.seekToBeginning(partitions);
    } else {
      consumer.seekToEnd(partitions);
    }
    partitions.forEach(consumer::position); // seeks are lazy; this makes it happen now
  }

  /** A consumer of committed records only. */
  static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> client) {
    Map<String, Object> properties = new HashMap<>(client);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** The records that have come, waiting a little if none has. */
  Iterable<ConsumerRecord<byte[], byte[]>> poll() {
    return consumer.poll(POLL);
  }

  /** Goes to the first records that are not earlier; where there are none, to the end. */
  void seek(Instant time) {
    Map<TopicPartition, Long> times = new HashMap<>();
    consumer.assignment().forEach(partition -> times.put(partition, time.toEpochMilli()));
    consumer
        .offsetsForTimes(times)
        .forEach(
            (partition, found) -> {
              if (found == null) {
                consumer.seekToEnd(Set.of(partition));
              } else {
                consumer.seek(partition, found.offset());
              }
            });
  }

  /**
   * Hands on the next records, waiting for them.
   *
   * @param limit ends when so many have been taken
   * @param end ends when it is that late, and all has been read that is there then; null for never
   * @param action returns whether it takes the record
   */
  void forEach(
      long limit, @Nullable Instant end, Predicate<ConsumerRecord<byte[], byte[]>> action) {
    long left = limit;
    Map<TopicPartition, Long> ends = null;
    while (left > 0 && !isRead(ends)) {
      if (ends == null && end != null && Instant.now().isAfter(end)) {
        ends = consumer.endOffsets(consumer.assignment());
      }
      for (ConsumerRecord<byte[], byte[]> record : poll()) {
        if (left > 0 && action.test(record)) {
          left--;
        }
      }
    }
  }

  private boolean isRead(@Nullable Map<TopicPartition, Long> ends) {
    return ends != null
        && ends.entrySet().stream()
            .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  @Override
  public void close() {
    consumer.close();
  }
}
