package io.streamgrad.recovery;

import io.streamgrad.model.ModelEntry;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads models where the service keeps them, from outside the service. */
public final class ChangelogReader {
  /** The store's name in the topology, part of its changelog's. */
  public static final String STORE = "weights";

  private static final Duration POLL = Duration.ofMillis(200);

  /** How long to wait for the next record of a partition that has more. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private ChangelogReader() {}

  /** The topic that Kafka Streams keeps an application's models in. */
  public static String topic(String applicationId) {
    return applicationId + "-" + STORE + "-changelog";
  }

  /** The partitions of a changelog, in their order; none if the topic does not exist. */
  public static List<TopicPartition> partitions(
      Consumer<byte[], byte[]> consumer, String changelog) {
    return consumer.partitionsFor(changelog).stream()
        .map(info -> new TopicPartition(info.topic(), info.partition()))
        .sorted((a, b) -> Integer.compare(a.partition(), b.partition()))
        .toList();
  }

  /**
   * Every model of a changelog, as it was last stored when this is called: after a graceful stop,
   * as it is.
   *
   * @param consumer read_committed, with no subscription; its assignment is changed
   * @return by model name; empty if the topic does not exist
   */
  public static Map<String, ModelEntry> read(Consumer<byte[], byte[]> consumer, String changelog) {
    Map<String, ModelEntry> models = new TreeMap<>();
    for (TopicPartition partition : partitions(consumer, changelog)) {
      models.putAll(states(consumer, partition, name -> true).states());
    }
    return models;
  }

  /**
   * The states of some models of a partition, as they were last stored when this is called.
   *
   * @param consumer read_committed, with no subscription; its assignment is changed
   * @param wanted by the models' names: of the others no state is kept in memory
   */
  public static StateScan<ModelEntry> states(
      Consumer<byte[], byte[]> consumer, TopicPartition partition, Predicate<String> wanted) {
    StateScan<ModelEntry> scan = new StateScan<>(wanted, (name, model) -> model);
    forEach(consumer, partition, record -> scan.put(record.key(), record.value()));
    return scan;
  }

  /**
   * Hands on the records of a partition that are committed when this is called.
   *
   * @param consumer read_committed, with no subscription; its assignment is changed
   * @throws TimeoutException if the broker no longer gives any
   */
  public static void forEach(
      Consumer<byte[], byte[]> consumer,
      TopicPartition partition,
      java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> action) {
    Collection<TopicPartition> only = List.of(partition);
    consumer.assign(only);
    consumer.seekToBeginning(only);
    long end = consumer.endOffsets(only).getOrDefault(partition, 0L);
    long progress = System.nanoTime();
    for (long at = consumer.position(partition); at < end; ) {
      consumer.poll(POLL).forEach(action);
      long now = System.nanoTime();
      if (consumer.position(partition) > at) {
        at = consumer.position(partition);
        progress = now;
      } else if (now - progress > PATIENCE.toNanos()) {
        throw new TimeoutException(
            "%s gives no record from offset %d on, of %d: the broker does not answer"
                .formatted(partition, at, end));
      }
    }
  }
}
