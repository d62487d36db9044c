package io.streamgrad.streams.input;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Answers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * How many records of its input a group has not committed, as the brokers see it. What its
 * consumers say themselves ends where a transaction is open, and stands still while they are not
 * polled.
 *
 * <p>Kafka Streams commits the markers behind its last record as well, but none before its first
 * one. So where nothing was committed since the look before, the log is asked whether there is
 * anything to read.
 *
 * <p>One thread.
 */
final class GroupLag {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ServiceConfig config;
  private final Map<TopicPartition, Long> before = new HashMap<>(); // where it went on
  private final Map<TopicPartition, Long> read = new HashMap<>(); // no record is before this offset

  GroupLag(ServiceConfig config) {
    this.config = config;
  }

  /**
   * The records between the committed offset of each of these partitions and its end. Where nothing
   * is committed yet, from its beginning on.
   */
  Map<TopicPartition, Long> look(Admin admin, Set<TopicPartition> partitions) {
    before.keySet().retainAll(partitions);
    read.keySet().retainAll(partitions);
    Map<TopicPartition, Long> ends = offsets(admin, partitions, OffsetSpec.latest());
    Map<TopicPartition, Long> starts = offsets(admin, partitions, OffsetSpec.earliest());
    Map<TopicPartition, OffsetAndMetadata> committed =
        Answers.of(
            admin.listConsumerGroupOffsets(config.applicationId()).partitionsToOffsetAndMetadata());
    Map<TopicPartition, Long> lags = new HashMap<>();
    ends.forEach(
        (partition, end) -> {
          OffsetAndMetadata offset = committed.get(partition);
          long start =
              Math.max(starts.getOrDefault(partition, 0L), read.getOrDefault(partition, 0L));
          long next = offset == null ? start : Math.max(start, offset.offset());
          Long last = before.put(partition, next);
          boolean waits = next < end; // the end was asked for first
          if (waits && last != null && last == next && hasNoRecord(partition, next, end)) {
            read.put(partition, end);
            waits = false;
          }
          lags.put(partition, waits ? end - next : 0);
        });
    return lags;
  }

  /** Whether there are only markers, and records that were taken back; not while one is open. */
  private boolean hasNoRecord(TopicPartition partition, long from, long to) {
    AtomicBoolean found = new AtomicBoolean();
    try (KafkaConsumer<byte[], byte[]> consumer = KafkaInputLog.consumer(config)) {
      KafkaInputLog.read(
          consumer,
          partition,
          from,
          to,
          PATIENCE,
          record -> {
            found.set(true);
            return false;
          });
      return !found.get();
    } catch (TimeoutException e) {
      return false;
    }
  }

  private static Map<TopicPartition, Long> offsets(
      Admin admin, Set<TopicPartition> partitions, OffsetSpec which) {
    ListOffsetsResult answer =
        admin.listOffsets(
            partitions.stream().collect(Collectors.toMap(Function.identity(), each -> which)));
    return partitions.stream()
        .collect(
            Collectors.toMap(
                Function.identity(),
                partition -> Answers.of(answer.partitionResult(partition)).offset()));
  }
}
