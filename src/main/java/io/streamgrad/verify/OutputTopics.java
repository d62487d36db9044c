package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** Opens the output topics, for what is in them about one partition of the input. One thread. */
final class OutputTopics {
  private final Cluster cluster;
  private final ServiceConfig config;
  private final Subject subject;
  private final AdoptionHistory adoptions;

  /**
   * Outputs about a subject.
   *
   * @param adoptions say from where on outputs can be judged
   */
  OutputTopics(Cluster cluster, ServiceConfig config, Subject subject, AdoptionHistory adoptions) {
    this.cluster = cluster;
    this.config = config;
    this.subject = subject;
    this.adoptions = adoptions;
  }

  /**
   * The predictions.
   *
   * @param end the input offset from which on nothing is looked at
   * @param foreign takes the records that no service has written, and why they are none
   */
  Outputs<PredictionBatch> predictions(
      long end, BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign) {
    List<TopicPartition> partitions = cluster.partitions(config.topics().predictions());
    return open(partitions, end, new PredictionReader(subject), foreign);
  }

  /** The dead letters, as {@link #predictions}. */
  Outputs<String> deadLetters(
      long end, BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign) {
    List<TopicPartition> partitions = cluster.partitions(config.topics().deadLetters());
    return open(partitions, end, new DeadLetterReader(subject, config.defaultModel()), foreign);
  }

  /**
   * The snapshots, as {@link #predictions}; none where there is no such topic. Those of a partition
   * of the input lie in one partition, as long as there are enough.
   */
  Outputs<ModelSnapshot> snapshots(
      long end, BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign) {
    String topic = config.topics().snapshots();
    List<TopicPartition> partitions = cluster.exists(topic) ? cluster.partitions(topic) : List.of();
    return open(partitions, end, new SnapshotReader(subject), foreign);
  }

  private <T> Outputs<T> open(
      List<TopicPartition> partitions,
      long end,
      Outputs.Reader<T> reader,
      BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign) {
    List<OutputPartition<T>> opened = new ArrayList<>();
    boolean trimmed = false;
    for (TopicPartition partition : partitions) {
      trimmed |= cluster.start(partition) > 0;
      LogCursor cursor = cluster.readFrom(partition, adoptions.outputs(partition));
      opened.add(new OutputPartition<>(cursor, end, reader, foreign));
    }
    return new Outputs<>(opened, trimmed);
  }
}
