package io.streamgrad.topology;

import io.streamgrad.learner.MiniBatch;
import io.streamgrad.learner.ModelStatus;
import io.streamgrad.learner.Prediction;
import io.streamgrad.learner.ScoreSnapshot;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.v1.Score;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/** The learner's results as messages. */
final class Messages {
  private Messages() {}

  static InputPosition position(RecordMetadata record) {
    return InputPosition.newBuilder()
        .setTopic(record.topic())
        .setPartition(record.partition())
        .setOffset(record.offset())
        .build();
  }

  static PredictionBatch prediction(
      String model,
      InputPosition input,
      String batchId,
      MiniBatch batch,
      Prediction prediction,
      boolean probabilities) {
    PredictionBatch.Builder message =
        PredictionBatch.newBuilder()
            .setModel(model)
            .setModelVersion(prediction.version())
            .setInput(input)
            .setBatchId(batchId);
    for (int i = 0; i < batch.images(); i++) {
      message.addClasses(prediction.classes()[i]);
      message.addConfidences(prediction.confidence(i));
    }
    if (probabilities) {
      for (float probability : prediction.probabilities()) {
        message.addProbabilities(probability);
      }
    }
    if (batch.labeled()) {
      message.setScore(
          BatchScore.newBuilder()
              .setCorrect(prediction.correct())
              .setMeanLoss(prediction.meanLoss()));
    }
    return message.build();
  }

  static MetricsReport report(
      ModelStatus status, MetricsReport.Reason reason, InputPosition input) {
    MetricsReport.Builder message =
        MetricsReport.newBuilder()
            .setModel(status.model())
            .setModelVersion(status.version())
            .setReason(reason)
            .setInput(input)
            .setLifetime(score(status.lifetime()))
            .setGradientNorm(status.gradientNorm())
            .setWeightNorm(status.weightNorm())
            .setLearningRate(status.learningRate())
            .setUpdatesSkipped(status.updatesSkipped())
            .setDiverged(status.diverged())
            .setImagesLearned(status.imagesLearned())
            .setBatchesLearned(status.batchesLearned());
    if (status.window() != null) {
      message
          .setWindow(score(status.window().score()))
          .setImagesPerSecond(status.window().imagesPerSecond());
    }
    return message.build();
  }

  private static Score score(ScoreSnapshot score) {
    Score.Builder message =
        Score.newBuilder()
            .setImages(score.images())
            .setBatches(score.batches())
            .setCorrect(score.correct())
            .setAccuracy(score.accuracy())
            .setMeanLoss(score.meanLoss());
    for (long count : score.confusion()) {
      message.addConfusion(count);
    }
    for (int c = 0; c < score.classes(); c++) {
      message.addPrecisionByClass(score.precision(c));
      message.addRecallByClass(score.recall(c));
    }
    return message.build();
  }
}
