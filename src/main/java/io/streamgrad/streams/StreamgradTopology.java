package io.streamgrad.streams;

import io.streamgrad.config.OutputsConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.WeightsStoreBuilder;
import io.streamgrad.streams.ingest.DecodeProcessor;
import io.streamgrad.streams.ingest.ValidTimestamps;
import io.streamgrad.streams.internal.CommitHookBuilder;
import io.streamgrad.streams.settings.ChangelogSettings;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.MessageSerializer;
import io.streamgrad.wire.ModelPartitions;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;

/**
 * The whole stream:
 *
 * <pre>
 *   images --&gt; decode --&gt; learn --&gt; predictions
 *                |          |  \--&gt; metrics, snapshots
 *                |       weights
 *                \--&gt; dead-letters
 * </pre>
 */
public final class StreamgradTopology {
  private StreamgradTopology() {}

  /**
   * Builds the topology for this configuration.
   *
   * @param partitions of the images topic, as it is when the service starts
   * @param metrics count what the processors do
   * @param awaitModels returns when all models of a partition are known
   * @param learn makes the processor that learns
   */
  public static Topology build(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      IntConsumer awaitModels,
      ProcessorSupplier<String, DecodedBatch, String, Object> learn) {
    TopicsConfig topics = config.topics();
    ContentType format =
        config.outputs().format() == OutputsConfig.Format.JSON
            ? ContentType.JSON
            : ContentType.PROTOBUF;

    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(), // the weights are a function of the whole log
            Nodes.IMAGES,
            new ValidTimestamps(),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            topics.images())
        .addProcessor(
            Nodes.DECODE,
            () -> new DecodeProcessor(config, partitions, metrics, awaitModels),
            Nodes.IMAGES)
        .addProcessor(Nodes.LEARN, learn, Nodes.DECODE)
        .addStateStore(
            new WeightsStoreBuilder(Nodes.WEIGHTS, config.recoveryTarget())
                .withLoggingEnabled(ChangelogSettings.byName()),
            Nodes.DECODE,
            Nodes.LEARN)
        .addStateStore(new CommitHookBuilder(Nodes.COMMIT), Nodes.DECODE, Nodes.LEARN)
        .addSink(
            Nodes.PREDICTIONS,
            topics.predictions(),
            new StringSerializer(),
            new MessageSerializer<PredictionBatch>(format),
            Nodes.LEARN)
        .addSink(
            Nodes.METRICS,
            topics.metrics(),
            new StringSerializer(),
            new MessageSerializer<MetricsReport>(format),
            Nodes.LEARN)
        .addSink(
            Nodes.SNAPSHOTS,
            topics.snapshots(),
            new StringSerializer(),
            new MessageSerializer<ModelSnapshot>(ContentType.PROTOBUF),
            partitioner(),
            Nodes.LEARN)
        .addSink(
            Nodes.DEAD_LETTERS,
            topics.deadLetters(),
            new ByteArraySerializer(),
            new ByteArraySerializer(),
            Nodes.DECODE);
  }

  /** A piece of a snapshot goes to the partition of the batch that led to it. */
  @SuppressWarnings("removal") // the method without headers is the abstract one until Kafka 5
  private static StreamPartitioner<String, ModelSnapshot> partitioner() {
    return StreamgradTopology::partition;
  }

  private static Optional<Set<Integer>> partition(
      String topic, String key, ModelSnapshot snapshot, int partitions) {
    return Optional.of(Set.of(snapshot.getInput().getPartition() % partitions));
  }
}
