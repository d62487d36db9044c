package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.v1.PredictionBatch;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The predictions that a program has published for all batches of the images topic, from some
 * offset on; both topics have one partition.
 */
public final class PublishedPredictions {
  private final ServiceConfig config;
  private final TopicPartition predictions;
  private final long from;

  private PublishedPredictions(ServiceConfig config, TopicPartition predictions, long from) {
    this.config = config;
    this.predictions = predictions;
    this.from = from;
  }

  /** Those that are yet to come. */
  public static PublishedPredictions fromNowOn(ServiceConfig config) {
    try (Cluster cluster = new Cluster(config)) {
      TopicPartition predictions = new TopicPartition(config.topics().predictions(), 0);
      return new PublishedPredictions(config, predictions, cluster.end(predictions));
    }
  }

  /**
   * Learns the images topic as the oracle does, and compares byte for byte, in order.
   *
   * @throws IllegalStateException if a prediction is missing, differs, or is one too many
   */
  public void requireOracles() {
    Replay replay =
        new Replay(
            config,
            new PlacementHistory(config, 1, List.of()),
            model -> true,
            Set.of(),
            new InitialSpecs(config, List.of(), ""),
            null,
            (name, tag) -> null);
    try (Cluster cluster = new Cluster(config);
        LogCursor batches = cluster.read(new TopicPartition(config.topics().images(), 0));
        LogCursor published = cluster.readFrom(predictions, from)) {
      while (batches.hasNext()) {
        ConsumerRecord<byte[], byte[]> batch = batches.next();
        if (!published.hasNext()
            || !Arrays.equals(oracles(replay, batch), published.next().value())) {
          throw new IllegalStateException(
              "not the oracle's prediction for offset " + batch.offset());
        }
      }
      if (published.hasNext()) {
        throw new IllegalStateException("more predictions than batches");
      }
    }
  }

  private static byte[] oracles(Replay replay, ConsumerRecord<byte[], byte[]> batch) {
    PredictionBatch prediction = Objects.requireNonNull(replay.step(batch).get(0).prediction());
    return prediction.toBuilder().clearProbabilities().build().toByteArray();
  }
}
