package io.streamgrad.topology;

import io.streamgrad.config.OutputsConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.store.WeightsStoreBuilder;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.MessageSerializer;
import io.streamgrad.wire.ModelPartitions;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
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
   * Builds the topology for this configuration; its processors count what they do in the metrics.
   *
   * @param partitions of the images topic, as it is when the service starts
   */
  public static Topology build(
      ServiceConfig config, ModelPartitions partitions, ServiceMetrics metrics) {
    return build(config, partitions, metrics, new Ending());
  }

  /** The topology of a service that says when it ends. */
  static Topology build(
      ServiceConfig config, ModelPartitions partitions, ServiceMetrics metrics, Ending ending) {
    return build(
        config,
        partitions,
        metrics,
        () ->
            new LearnProcessor(
                config, partitions, metrics, new LearnStep(config, metrics), ending));
  }

  /** The topology of a service on a cluster that has this input; {@link TaskInput} says more. */
  static Topology build(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      Ending ending,
      InputLog input,
      Map<Integer, WeightsStore> running) {
    return build(
        config,
        partitions,
        metrics,
        () ->
            new LearnProcessor(
                config,
                partitions,
                metrics,
                new LearnStep(config, metrics),
                ending,
                new TaskInput(config, partitions, input, running)));
  }

  /** The topology with another processor in the place of the one that learns. */
  static Topology build(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
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
            Nodes.DECODE, () -> new DecodeProcessor(config, partitions, metrics), Nodes.IMAGES)
        .addProcessor(Nodes.LEARN, learn, Nodes.DECODE)
        .addStateStore(new WeightsStoreBuilder(Nodes.WEIGHTS), Nodes.DECODE, Nodes.LEARN)
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
            Snapshots.partitioner(),
            Nodes.LEARN)
        .addSink(
            Nodes.DEAD_LETTERS,
            topics.deadLetters(),
            new ByteArraySerializer(),
            new ByteArraySerializer(),
            Nodes.DECODE);
  }
}
