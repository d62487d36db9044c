package io.streamgrad.streams.input;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.streams.settings.Answers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(GroupLag.class);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final ServiceConfig config;
  private final Map<TopicPartition, Long> before = new HashMap<>(); // where it went on
  private final Map<TopicPartition, Long> read = new HashMap<>(); // no record is before this offset

  /** A partition's end, from where on nothing was committed between two looks. */
  private record Stretch(TopicPartition partition, long from, long to) {}

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
    List<Stretch> quiet = new ArrayList<>();
    ends.forEach(
        (partition, end) -> {
          OffsetAndMetadata offset = committed.get(partition);
          long start =
              Math.max(starts.getOrDefault(partition, 0L), read.getOrDefault(partition, 0L));
          long next = offset == null ? start : Math.max(start, offset.offset());
          Long last = before.put(partition, next);
          lags.put(partition, Math.max(0, end - next)); // the end was asked for first
          if (next < end && last != null && last == next) {
            quiet.add(new Stretch(partition, next, end));
          }
        });
    for (Stretch markers : withoutRecords(quiet)) {
      read.put(markers.partition(), markers.to());
      lags.put(markers.partition(), 0L);
    }
    return lags;
  }

  /**
   * Those of these stretches that are only markers, and records that were taken back. Reading one
   * where a transaction is open takes all of the time, so the shortest come first, and what there
   * is no time for waits for the next look.
   */
  private List<Stretch> withoutRecords(List<Stretch> quiet) {
    List<Stretch> found = new ArrayList<>();
    if (quiet.isEmpty()) {
      return found;
    }
    quiet.sort(Comparator.comparingLong(each -> each.to() - each.from()));
    try (KafkaConsumer<byte[], byte[]> consumer = KafkaInputLog.consumer(config)) {
      for (Stretch stretch : quiet) {
        if (hasNoRecord(consumer, stretch)) {
          found.add(stretch);
        }
      }
    } catch (TimeoutException e) {
      LOG.debug("What waits is counted to the end: {}", e.getMessage());
    }
    return found;
  }

  private static boolean hasNoRecord(KafkaConsumer<byte[], byte[]> consumer, Stretch stretch) {
    AtomicBoolean found = new AtomicBoolean();
    KafkaInputLog.read(
        consumer,
        stretch.partition(),
        stretch.from(),
        stretch.to(),
        PATIENCE,
        record -> {
          found.set(true);
          return false;
        });
    return !found.get();
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
