package io.streamgrad.streams.learn;

import io.streamgrad.model.Control;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.Prediction;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.PredictionMessage;
import io.streamgrad.wire.ReportMessage;
import io.streamgrad.wire.ReturnedHeaders;
import io.streamgrad.wire.SnapshotMessages;
import java.util.function.Consumer;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * What comes of a record of the input, as records with its time stamp: each is given to the
 * consumer as soon as it is made.
 *
 * @param model that it is about
 * @param headers that the record came with
 */
public record StepOutputs(
    String model, Event event, Headers headers, Consumer<SinkRecord> consumer) {

  /** A record and the sink that it goes to. */
  record SinkRecord(String sink, Record<String, Object> record) {}

  /** The same about another model, which follows this one. */
  StepOutputs of(String follower) {
    return new StepOutputs(follower, event, headers, consumer);
  }

  void prediction(
      String batchId,
      long incarnation,
      Prediction prediction,
      @Nullable Evaluation evaluation,
      boolean probabilities) {
    answer(
        Nodes.PREDICTIONS,
        PredictionMessage.of(
            model, incarnation, event.input(), batchId, prediction, evaluation, probabilities));
  }

  void applied(Applied applied) {
    answer(Nodes.APPLIED, applied);
  }

  void report(
      ModelStatus status,
      Control control,
      MetricsReport.Reason reason,
      @Nullable DriftEvent drift) {
    add(Nodes.METRICS, model, ReportMessage.of(status, control, reason, drift, event.input()));
  }

  /**
   * The whole state, to be published in the transaction of the record that led to it.
   *
   * @param last the last batch that the model has
   */
  void snapshot(ModelEntry entry, InputPosition last, long number) {
    SnapshotMessages.of(model, entry, last, number)
        .forEach((key, piece) -> add(Nodes.SNAPSHOTS, key, piece));
  }

  private void answer(String sink, Object message) {
    Record<String, Object> record = new Record<>(model, message, event.timestamp());
    consumer.accept(new SinkRecord(sink, record.withHeaders(ReturnedHeaders.of(headers))));
  }

  private void add(String sink, String key, Object message) {
    consumer.accept(new SinkRecord(sink, new Record<>(key, message, event.timestamp())));
  }
}
