package io.streamgrad.topology;

import io.streamgrad.learner.ModelStatus;
import io.streamgrad.learner.Prediction;
import io.streamgrad.store.StoredModel;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.DecodedBatch;
import java.util.function.Consumer;
import org.apache.kafka.streams.processor.api.Record;

/**
 * What comes of a batch, as records, with the batch's time stamp: each is given to the consumer as
 * soon as it is made.
 *
 * @param batch by its model's name
 * @param input where the batch stands in the input
 */
record Outputs(Record<String, DecodedBatch> batch, InputPosition input, Consumer<Output> consumer) {

  /** A record and the sink that it goes to. */
  record Output(String sink, Record<String, Object> record) {}

  void prediction(Prediction prediction, boolean probabilities) {
    DecodedBatch decoded = batch.value();
    add(
        Nodes.PREDICTIONS,
        batch.key(),
        Messages.prediction(
            batch.key(), input, decoded.batchId(), decoded.batch(), prediction, probabilities));
  }

  void report(ModelStatus status, MetricsReport.Reason reason) {
    add(Nodes.METRICS, batch.key(), Messages.report(status, reason, input));
  }

  /** The whole state, to be published in the transaction of the batch that led to it. */
  void snapshot(StoredModel model, long number) {
    Snapshots.of(batch.key(), model, input, number)
        .forEach((key, piece) -> add(Nodes.SNAPSHOTS, key, piece));
  }

  private void add(String sink, String key, Object message) {
    consumer.accept(new Output(sink, new Record<>(key, message, batch.timestamp())));
  }
}
