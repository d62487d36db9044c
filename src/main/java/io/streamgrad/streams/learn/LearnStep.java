package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.wire.DecodedBatch;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.streams.processor.api.Record;

/**
 * What is done with one batch: it is predicted, scored, learned from, and all this is said.
 *
 * <p>Not thread-safe: a call of {@link #run} on another thread has to end before any other call.
 */
public class LearnStep extends PartitionModels {
  private final ServiceConfig config;
  private final ServiceMetrics metrics;
  private final Set<String> models = new HashSet<>();

  /** A step of models that are configured so. */
  public LearnStep(ServiceConfig config, ServiceMetrics metrics) {
    super(config);
    this.config = config;
    this.metrics = metrics;
  }

  /**
   * Predicts, scores and learns a batch, and gives the outputs to their consumer as they are made.
   * A batch that comes again, as it may at-least-once, is predicted again, and not learned from
   * again.
   */
  void run(BatchOutputs outputs) {
    long start = System.nanoTime();
    Record<String, DecodedBatch> record = outputs.batch();
    String name = record.key();
    MiniBatch batch = record.value().batch();
    ModelEntry model = model(name);
    boolean learned = batch.labeled() || !model.lineage().equals(Lineage.NONE);
    if (learned && !models.contains(name)) {
      show(name, model); // of a name that nothing is learned about nothing is kept
    }
    Learner learner = learner(name);

    Prediction prediction = predict(learner, model.state(), batch);
    Evaluation evaluation = batch.labeled() ? Evaluation.of(prediction, batch) : null;
    outputs.prediction(prediction, evaluation, config.outputs().probabilities());
    if (evaluation != null && isNew(model, outputs.input())) {
      long time = record.timestamp();
      Learned after =
          learn(name, learner, model, batch, prediction, evaluation, time, outputs.input());
      metrics.scored(name, after.model().state(), evaluation, after.outcome());
      say(outputs, after);
    } else if (evaluation == null) {
      metrics.predictedUnlabeled(name, batch.images());
    }
    long nanos = System.nanoTime() - start;
    spent(nanos);
    metrics.stepped(nanos);
  }

  private void say(BatchOutputs outputs, Learned learned) {
    if (learned.status() != null) {
      metrics.report(learned.status());
      outputs.report(learned.status(), learned.due());
    }
    long version = learned.model().state().version();
    if (learned.outcome() == UpdateOutcome.UPDATED && config.snapshots().due(version)) {
      outputs.snapshot(learned.model(), version / config.snapshots().everyUpdates());
    }
  }

  /**
   * Goes on with a model that was restored: its meters are there from now on.
   *
   * @throws ModelMismatchException if it can't be gone on with
   */
  void begin(String name, ModelEntry restored) {
    show(name, checked(name, restored));
  }

  private void show(String name, ModelEntry model) {
    models.add(name);
    metrics.report(learner(name).status(name, model.state(), null));
  }

  /** The models are another's from now on: their meters go. */
  public void close() {
    models.forEach(metrics::removeModel);
    models.clear();
  }
}
