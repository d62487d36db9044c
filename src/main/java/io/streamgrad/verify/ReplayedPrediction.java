package io.streamgrad.verify;

import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DecodedBatch;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What must be published of a prediction. */
final class ReplayedPrediction {
  private ReplayedPrediction() {}

  /** The message, with all probabilities. */
  static PredictionBatch message(
      String name,
      ModelState state,
      ConsumerRecord<byte[], byte[]> record,
      DecodedBatch decoded,
      Prediction prediction) {
    PredictionBatch.Builder message =
        PredictionBatch.newBuilder()
            .setModel(name)
            .setModelVersion(prediction.version())
            .setIncarnation(state.control().incarnation())
            .setInput(
                InputPosition.newBuilder()
                    .setTopic(record.topic())
                    .setPartition(record.partition())
                    .setOffset(record.offset()))
            .setBatchId(decoded.batchId());
    for (int i = 0; i < prediction.images(); i++) {
      message.addClasses(prediction.classes()[i]).addConfidences(prediction.confidence(i));
    }
    for (float probability : prediction.probabilities()) {
      message.addProbabilities(probability);
    }
    MiniBatch lesson = decoded.lesson();
    if (lesson != null) {
      Evaluation evaluation = Evaluation.of(decoded.ofLesson(prediction), lesson);
      message.setScore(
          BatchScore.newBuilder()
              .setCorrect(evaluation.correct())
              .setMeanLoss(evaluation.meanLoss()));
    }
    return message.build();
  }
}
