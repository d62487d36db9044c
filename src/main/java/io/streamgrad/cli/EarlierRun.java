package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Progress;
import io.streamgrad.recovery.ChangelogReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * What earlier runs on the same data have left.
 *
 * @param images that the model has learned from, as it is stored
 * @param batches they came in
 * @param waiting batches that were sent, and not yet answered
 */
record EarlierRun(long images, long batches, long waiting) {

  /** Asks Kafka, where the service keeps it all. */
  static EarlierRun find(Map<String, Object> client, ServiceConfig config, String model) {
    Map<String, Object> properties = new HashMap<>(client);
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, config.applicationId()); // not joined
    try (KafkaConsumer<byte[], byte[]> consumer = TopicTail.consumer(properties)) {
      ModelEntry stored =
          ChangelogReader.read(consumer, ChangelogReader.topic(config.applicationId())).get(model);
      Progress progress = stored == null ? new Progress() : stored.state().progress();
      return new EarlierRun(
          progress.imagesLearned, progress.batchesLearned, waiting(consumer, config));
    }
  }

  private static long waiting(KafkaConsumer<byte[], byte[]> consumer, ServiceConfig config) {
    Map<TopicPartition, Long> ends =
        consumer.endOffsets(
            consumer.partitionsFor(config.topics().images()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList());
    Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(ends.keySet());
    return ends.entrySet().stream()
        .collect(
            Collectors.summingLong(
                end -> {
                  OffsetAndMetadata done = committed.get(end.getKey());
                  return end.getValue() - (done == null ? 0 : done.offset());
                }));
  }

  /** What a person should know of it; nothing where there was no such run. */
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    if (batches > 0) {
      lines.add(
          String.format(
              Locale.ROOT,
              "Goes on with the model of an earlier run, which has learned from %,d images in %,d"
                  + " batches.",
              images,
              batches));
    }
    if (waiting > 0) {
      lines.add(
          String.format(
              Locale.ROOT, "First come %,d batches that an earlier run has sent.", waiting));
    }
    return lines;
  }
}
