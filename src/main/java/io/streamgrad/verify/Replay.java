package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.ImageBatchDecoder;
import io.streamgrad.wire.ModelLimit;
import io.streamgrad.wire.ModelName;
import io.streamgrad.wire.ModelPartitions;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What a partition of the input must give: every model of it, learned by the plain learner, record
 * by record, from its beginning or from a snapshot. Not thread-safe.
 */
final class Replay {
  private final ServiceConfig config;
  private final ModelPartitions partitions;
  private final Predicate<String> covered;
  private final ModelLimit limit;
  private final Map<ModelSpec, Learner> learners = new HashMap<>();
  private final Map<String, ReplayedModel> models = new TreeMap<>();

  /**
   * Models as they begin.
   *
   * @param covered the names of the models to look at
   * @param names of the models of the partition, as far as they are known
   */
  Replay(
      ServiceConfig config,
      ModelPartitions partitions,
      Predicate<String> covered,
      Collection<String> names) {
    this.config = config;
    this.partitions = partitions;
    this.covered = covered;
    limit = new ModelLimit(config, names);
  }

  /**
   * What must come of a record: a prediction or a dead letter.
   *
   * @param model as the key names it; "?" where it names none
   * @param batch whether it is a batch, and then has a prediction
   * @param labeled whether the model learns from it
   * @param prediction with all probabilities; null for a batch before the snapshot, whose weights
   *     are not known
   * @param bad why the record is a dead letter; null for a batch
   */
  record Outcome(
      String model,
      boolean batch,
      boolean labeled,
      @Nullable PredictionBatch prediction,
      @Nullable BadRecordException bad) {}

  /**
   * Begins a model with a state that was stored after the batch at an offset.
   *
   * @return null, or what makes the state not one of the configured model, which then is not begun
   */
  @Nullable String begin(String name, ModelState state, long offset) {
    String mismatch = state.mismatch(config.model(name));
    if (mismatch == null) {
      models.put(name, new ReplayedModel(state, offset));
    }
    return mismatch;
  }

  /**
   * Predicts a record's batch and learns from it, if it comes after the snapshot of its model.
   *
   * @return null if it is of a model that is not looked at
   */
  @Nullable Outcome step(ConsumerRecord<byte[], byte[]> record) {
    String name = "?";
    try {
      name = ModelName.of(record.key(), config.defaultModel());
      partitions.check(record.key(), record.partition());
      ModelSpec model = config.model(name);
      DecodedBatch decoded = ImageBatchDecoder.decode(record.headers(), record.value(), model);
      limit.check(name, decoded);
      if (!covers(name)) {
        return null;
      }
      return new Outcome(
          name, true, decoded.batch().labeled(), learn(name, model, record, decoded), null);
    } catch (BadRecordException e) {
      return covers(name) ? new Outcome(name, false, false, null, e) : null;
    }
  }

  /**
   * What the weights of a model, as they are now, predict for a batch that was a step already.
   *
   * @param record of the batch
   */
  PredictionBatch predict(String name, ConsumerRecord<byte[], byte[]> record) {
    try {
      DecodedBatch decoded =
          ImageBatchDecoder.decode(record.headers(), record.value(), config.model(name));
      ModelState state = Objects.requireNonNull(models.get(name)).state();
      return message(name, record, decoded, learner(name).predict(state, decoded.batch()));
    } catch (BadRecordException e) {
      throw new IllegalStateException("a batch that was decoded before", e);
    }
  }

  /** Whether a model is looked at. */
  boolean covers(String name) {
    return covered.test(name);
  }

  /** Whether a model lives in this partition, so that its batches in it are learned. */
  boolean livesIn(int partition, String name) {
    return partitions.of(name) == partition;
  }

  /** The learner of a model. */
  Learner learner(String name) {
    return learners.computeIfAbsent(config.model(name), Learner::new);
  }

  /** The models so far, by name. */
  Map<String, ReplayedModel> models() {
    return models;
  }

  private @Nullable PredictionBatch learn(
      String name, ModelSpec model, ConsumerRecord<byte[], byte[]> record, DecodedBatch decoded) {
    MiniBatch batch = decoded.batch();
    Learner learner = learner(name);
    ReplayedModel replayed =
        models.computeIfAbsent(
            name, n -> new ReplayedModel(ModelState.initial(model), ReplayedModel.NO_SNAPSHOT));
    if (record.offset() <= replayed.since()) {
      return null;
    }
    Prediction prediction = learner.predict(replayed.state(), batch);
    if (batch.labeled()) {
      Evaluation evaluation = Evaluation.of(prediction, batch);
      replayed.state().count(batch, prediction, evaluation);
      UpdateOutcome outcome = learner.learn(replayed.state(), batch, prediction, evaluation);
      replayed.state().remember(record.offset(), outcome, evaluation);
      replayed.learned(record.offset());
    }
    return message(name, record, decoded, prediction);
  }

  private static PredictionBatch message(
      String name,
      ConsumerRecord<byte[], byte[]> record,
      DecodedBatch decoded,
      Prediction prediction) {
    PredictionBatch.Builder message =
        PredictionBatch.newBuilder()
            .setModel(name)
            .setModelVersion(prediction.version())
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
    if (decoded.batch().labeled()) {
      Evaluation evaluation = Evaluation.of(prediction, decoded.batch());
      message.setScore(
          BatchScore.newBuilder()
              .setCorrect(evaluation.correct())
              .setMeanLoss(evaluation.meanLoss()));
    }
    return message.build();
  }
}
