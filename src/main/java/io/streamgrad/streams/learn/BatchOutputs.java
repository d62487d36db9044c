package io.streamgrad.streams.learn;

import io.streamgrad.model.Evaluation;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.Prediction;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.PredictionMessage;
import io.streamgrad.wire.ReportMessage;
import io.streamgrad.wire.SnapshotMessages;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * What comes of a batch, as records, with the batch's time stamp: each is given to the consumer as
 * soon as it is made.
 *
 * @param batch by its model's name
 * @param input where the batch stands in the input
 */
public record BatchOutputs(
    Record<String, DecodedBatch> batch, InputPosition input, Consumer<SinkRecord> consumer) {

  /** A record and the sink that it goes to. */
  record SinkRecord(String sink, Record<String, Object> record) {}

  void prediction(Prediction prediction, @Nullable Evaluation evaluation, boolean probabilities) {
    String batchId = batch.value().batchId();
    add(
        Nodes.PREDICTIONS,
        batch.key(),
        PredictionMessage.of(batch.key(), input, batchId, prediction, evaluation, probabilities));
  }

  void report(ModelStatus status, MetricsReport.Reason reason) {
    add(Nodes.METRICS, batch.key(), ReportMessage.of(status, reason, input));
  }

  /** The whole state, to be published in the transaction of the batch that led to it. */
  void snapshot(ModelEntry model, long number) {
    SnapshotMessages.of(batch.key(), model, input, number)
        .forEach((key, piece) -> add(Nodes.SNAPSHOTS, key, piece));
  }

  private void add(String sink, String key, Object message) {
    consumer.accept(new SinkRecord(sink, new Record<>(key, message, batch.timestamp())));
  }
}
