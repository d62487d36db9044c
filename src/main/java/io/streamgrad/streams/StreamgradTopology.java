package io.streamgrad.streams;

import io.streamgrad.config.OutputsConfig;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.WeightsStoreBuilder;
import io.streamgrad.streams.ingest.DecodeCommandsProcessor;
import io.streamgrad.streams.ingest.DecodeLabelsProcessor;
import io.streamgrad.streams.ingest.DecodeProcessor;
import io.streamgrad.streams.ingest.FirstInLine;
import io.streamgrad.streams.ingest.ValidTimestamps;
import io.streamgrad.streams.internal.CommitHookBuilder;
import io.streamgrad.streams.settings.ChangelogSettings;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.ModelSnapshot;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.ContentType;
import io.streamgrad.wire.Decoded;
import io.streamgrad.wire.MessageSerializer;
import io.streamgrad.wire.ModelPartitions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.TimestampExtractor;
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
 *
 * <p>Where labels may come after their images, and where models take commands, these have a source
 * and a decoder each, at the same processor that learns, and a sink of what came of them.
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
      ProcessorSupplier<String, Decoded, String, Object> learn) {
    TopicsConfig topics = config.topics();
    ContentType format =
        config.outputs().format() == OutputsConfig.Format.JSON
            ? ContentType.JSON
            : ContentType.PROTOBUF;

    Topology topology = new Topology();
    addInput(
        topology,
        Nodes.IMAGES,
        topics.images(),
        new ValidTimestamps(),
        Nodes.DECODE,
        () -> new DecodeProcessor(config, partitions, metrics, awaitModels));
    if (topics.hasLabels()) {
      addInput(
          topology,
          Nodes.LABELS,
          topics.labels(),
          new ValidTimestamps(),
          Nodes.DECODE_LABELS,
          () -> new DecodeLabelsProcessor(config, partitions, metrics));
    }
    if (topics.hasCommands()) {
      addInput(
          topology,
          Nodes.COMMANDS,
          topics.commands(),
          new FirstInLine(),
          Nodes.DECODE_COMMANDS,
          () -> new DecodeCommandsProcessor(config, partitions, metrics, awaitModels));
    }
    String[] decoders = decoders(topics);
    String[] withStores =
        Stream.concat(Arrays.stream(decoders), Stream.of(Nodes.LEARN)).toArray(String[]::new);
    topology
        .addProcessor(Nodes.LEARN, learn, decoders)
        .addStateStore(
            new WeightsStoreBuilder(Nodes.WEIGHTS, config.recoveryTarget())
                .withLoggingEnabled(ChangelogSettings.byName()),
            withStores)
        .addStateStore(new CommitHookBuilder(Nodes.COMMIT), withStores)
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
            StreamgradTopology.<ModelSnapshot>partitioner(
                snapshot -> snapshot.getInput().getPartition()),
            Nodes.LEARN)
        .addSink(
            Nodes.DEAD_LETTERS,
            topics.deadLetters(),
            new ByteArraySerializer(),
            new ByteArraySerializer(),
            decoders);
    if (topics.hasApplied()) {
      topology.addSink(
          Nodes.APPLIED,
          topics.applied(),
          new StringSerializer(),
          new MessageSerializer<Applied>(format),
          StreamgradTopology.<Applied>partitioner(StreamgradTopology::partition),
          Nodes.LEARN);
    }
    return topology;
  }

  /** A topic that is read, and who makes something of its records. */
  private static void addInput(
      Topology topology,
      String source,
      String topic,
      TimestampExtractor timestamps,
      String decoder,
      ProcessorSupplier<byte[], byte[], Object, Object> decoding) {
    topology
        .addSource(
            AutoOffsetReset.earliest(), // the weights are a function of the whole log
            source,
            timestamps,
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            topic)
        .addProcessor(decoder, decoding, source);
  }

  private static String[] decoders(TopicsConfig topics) {
    List<String> decoders = new ArrayList<>(List.of(Nodes.DECODE));
    if (topics.hasLabels()) {
      decoders.add(Nodes.DECODE_LABELS);
    }
    if (topics.hasCommands()) {
      decoders.add(Nodes.DECODE_COMMANDS);
    }
    return decoders.toArray(String[]::new);
  }

  private static int partition(Applied applied) {
    return (applied.hasCommand() ? applied.getCommand() : applied.getLabels()).getPartition();
  }

  /** To the partition that a message names. */
  @SuppressWarnings("removal") // the method without headers is the abstract one until Kafka 5
  private static <T> StreamPartitioner<String, T> partitioner(ToIntFunction<T> partition) {
    return (topic, key, message, partitions) ->
        Optional.of(Set.of(partition.applyAsInt(message) % partitions));
  }
}
