package io.streamgrad.recovery;

import io.streamgrad.model.ModelEntry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/** Reads models where the service keeps them, from outside the service. */
public final class ChangelogReader {
  /** The store's name in the topology, part of its changelog's. */
  public static final String STORE = "weights";

  private static final Duration POLL = Duration.ofMillis(200);

  private ChangelogReader() {}

  /** The topic that Kafka Streams keeps an application's models in. */
  public static String topic(String applicationId) {
    return applicationId + "-" + STORE + "-changelog";
  }

  /**
   * Every model of a changelog, as it was last stored when this is called: after a graceful stop,
   * as it is.
   *
   * @param consumer read_committed, with no subscription; its assignment is changed
   * @return by model name; empty if the topic does not exist
   */
  public static Map<String, ModelEntry> read(Consumer<byte[], byte[]> consumer, String changelog) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(changelog).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    Map<TopicPartition, ChangelogView> images = new HashMap<>();
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      for (TopicPartition partition : records.partitions()) {
        ChangelogView image = images.computeIfAbsent(partition, p -> new ChangelogView());
        records.records(partition).forEach(record -> image.put(record.key(), record.value()));
      }
    }
    Map<String, ModelEntry> models = new TreeMap<>();
    for (ChangelogView image : images.values()) {
      for (String name : image.names()) {
        ModelEntry model = image.get(name);
        if (model != null) {
          models.put(name, model);
        }
      }
    }
    return models;
  }
}
