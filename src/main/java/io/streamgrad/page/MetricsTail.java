package io.streamgrad.page;

import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.MessageReader;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the metrics topic, committed records only, from so many records or so long ago, whichever
 * is less, and goes on with a new consumer where the last one ended.
 *
 * <p>Not thread-safe.
 */
final class MetricsTail {
  /** Of all partitions together. */
  private static final long MAX_RECORDS = 100_000;

  private static final Duration MAX_AGE = Duration.ofDays(7);

  private static final Logger LOG = LoggerFactory.getLogger(MetricsTail.class);

  private final String topic;
  private final Histories histories;
  private final MessageReader<MetricsReport> reader =
      new MessageReader<>(MetricsReport.getDefaultInstance());
  private final Map<TopicPartition, Long> positions = new HashMap<>(); // of the next record
  private long foreign;

  MetricsTail(String topic, Histories histories) {
    this.topic = topic;
    this.histories = histories;
  }

  /**
   * Gives a consumer the topic's partitions, where the last one has stopped.
   *
   * @param consumer read_committed
   */
  void begin(Consumer<byte[], byte[]> consumer) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    if (partitions.isEmpty()) {
      throw new KafkaException("there is no topic " + topic + " (topics.metrics)");
    }
    consumer.assign(partitions);
    long oldest = Instant.now().minus(MAX_AGE).toEpochMilli();
    Map<TopicPartition, OffsetAndTimestamp> young =
        consumer.offsetsForTimes(
            partitions.stream().collect(Collectors.toMap(Function.identity(), each -> oldest)));
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    for (TopicPartition partition : partitions) {
      long end = ends.getOrDefault(partition, 0L);
      OffsetAndTimestamp found = young.get(partition);
      long start =
          Math.max(found == null ? end : found.offset(), end - MAX_RECORDS / partitions.size());
      consumer.seek(partition, positions.getOrDefault(partition, start));
    }
  }

  /** Takes the records that have come, and waits so long if none has. */
  void poll(Consumer<byte[], byte[]> consumer, Duration patience) {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(patience)) {
      positions.put(new TopicPartition(topic, record.partition()), record.offset() + 1);
      try {
        MetricsReport report = reader.deserialize(record.topic(), record.headers(), record.value());
        histories.add(report, record.timestamp());
      } catch (SerializationException e) { // somebody else writes to this topic, too
        if (foreign++ == 0) {
          LOG.warn("the page passes over what is no report: {} {}", topic, e.getMessage());
        }
      }
    }
  }
}
