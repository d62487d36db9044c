package io.streamgrad.cli;

import io.streamgrad.wire.ModelPartitions;
import java.util.Map;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.common.Cluster;

/** Chooses partitions as librdkafka does by default; for records with a key. Thread-safe. */
public final class Crc32Partitioner implements Partitioner {
  @Override
  public int partition(
      String topic, Object key, byte[] keyBytes, Object value, byte[] valueBytes, Cluster cluster) {
    return ModelPartitions.partition(
        io.streamgrad.config.Partitioner.CRC32, keyBytes, cluster.partitionCountForTopic(topic));
  }

  @Override
  public void configure(Map<String, ?> configs) {}

  @Override
  public void close() {}
}
