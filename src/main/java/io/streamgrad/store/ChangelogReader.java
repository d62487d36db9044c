package io.streamgrad.store;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;

/** Reads models where the service keeps them, from outside the service. */
public final class ChangelogReader {
  private static final Duration POLL = Duration.ofMillis(200);

  private ChangelogReader() {}

  /**
   * Every model of a changelog, as last committed when this is called.
   *
   * @param consumer read_committed, with no subscription; its assignment is changed
   * @return by model name; empty if the topic does not exist
   */
  public static Map<String, StoredModel> read(Consumer<byte[], byte[]> consumer, String changelog) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(changelog).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    Map<Bytes, byte[]> pieces = new TreeMap<>();
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        if (record.value() == null) {
          pieces.remove(Bytes.wrap(record.key()));
        } else {
          pieces.put(Bytes.wrap(record.key()), record.value());
        }
      }
    }
    return join(pieces);
  }

  private static Map<String, StoredModel> join(Map<Bytes, byte[]> pieces) {
    Map<String, List<KeyValue<Bytes, byte[]>>> byModel = new TreeMap<>();
    pieces.forEach(
        (key, value) ->
            byModel
                .computeIfAbsent(Chunks.model(key), model -> new ArrayList<>())
                .add(KeyValue.pair(key, value)));
    Map<String, StoredModel> models = new TreeMap<>();
    byModel.forEach(
        (name, chunks) -> {
          Chunks.Joined joined = Chunks.join(chunks);
          if (joined != null) {
            models.put(name, ModelCodec.decode(joined.bytes()));
          }
        });
    return models;
  }
}
