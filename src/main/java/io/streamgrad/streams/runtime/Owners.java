package io.streamgrad.streams.runtime;

import io.streamgrad.streams.settings.Nodes;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyQueryMetadata;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.HostInfo;
import org.jspecify.annotations.Nullable;

/**
 * Which instance has a partition, as the group's last assignment says; it knows of one that is gone
 * until the group has noticed. Any thread may ask.
 *
 * @param own address of this instance; empty if nobody is told
 */
record Owners(String own) {

  /**
   * The address of another instance that has this model.
   *
   * @return null if it is this one, or is not known
   */
  @Nullable String address(@Nullable KafkaStreams streams, String model, int partition) {
    if (own.isEmpty() || streams == null || !streams.state().isRunningOrRebalancing()) {
      return null;
    }
    KeyQueryMetadata found =
        streams.queryMetadataForKey(Nodes.WEIGHTS, model, partitioner(partition));
    if (found == null || found.equals(KeyQueryMetadata.NOT_AVAILABLE)) {
      return null;
    }
    return address(found.activeHost());
  }

  /** Where an instance is; null if it is this one, or is not known. */
  @Nullable String address(HostInfo host) {
    if (host.equals(HostInfo.unavailable()) || host.equals(HostInfo.buildFromEndpoint(own))) {
      return null;
    }
    String name = host.host().contains(":") ? "[" + host.host() + "]" : host.host(); // of IPv6
    return name + ":" + host.port();
  }

  @SuppressWarnings("removal") // the method without headers is the abstract one until Kafka 5
  private static StreamPartitioner<String, Object> partitioner(int partition) {
    return (topic, key, value, partitions) -> Optional.of(Set.of(partition));
  }
}
