package io.streamgrad.streams.runtime;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/**
 * The partitions of a consumer that Kafka Streams wants records of, and that are to wait all the
 * same. One thread.
 */
final class HeldPartitions {
  private final Predicate<TopicPartition> mustWait;
  private final Set<TopicPartition> held = new HashSet<>();

  HeldPartitions(Predicate<TopicPartition> mustWait) {
    this.mustWait = mustWait;
  }

  /** Records of these are wanted; returns those that need not wait. */
  List<TopicPartition> resumed(Collection<TopicPartition> partitions) {
    held.addAll(partitions);
    return release(partitions);
  }

  /** Records of these are not wanted: whatever they waited for, they are not released by it. */
  void paused(Collection<TopicPartition> partitions) {
    held.removeAll(partitions);
  }

  boolean isEmpty() {
    return held.isEmpty();
  }

  /** Those that need wait no longer, of what is assigned. */
  List<TopicPartition> released(Collection<TopicPartition> assigned) {
    held.retainAll(assigned);
    return release(List.copyOf(held));
  }

  private List<TopicPartition> release(Collection<TopicPartition> partitions) {
    List<TopicPartition> released =
        partitions.stream().filter(partition -> !mustWait.test(partition)).toList();
    released.forEach(held::remove);
    return released;
  }
}
