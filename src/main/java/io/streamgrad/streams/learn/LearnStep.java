package io.streamgrad.streams.learn;

import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.format.JournaledBatch;
import io.streamgrad.learner.Learner;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.DecodedBatch;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/**
 * What is done with one batch: it is predicted, scored, learned from, and all this is said. Has the
 * learners of the models of one partition, and their models in the store.
 *
 * <p>Not thread-safe: a call of {@link #run} on another thread has to end before any other call.
 */
public class LearnStep {
  private final ServiceConfig config;
  private final ServiceMetrics metrics;
  private final boolean exactlyOnce;
  private final Map<ModelSpec, Learner> learners = new HashMap<>();
  private final Set<String> models = new HashSet<>();
  private WeightsStore weights;

  /** A step of models that are configured so. */
  @SuppressWarnings("NullAway.Init") // init comes before all else
  public LearnStep(ServiceConfig config, ServiceMetrics metrics) {
    this.config = config;
    this.metrics = metrics;
    exactlyOnce = config.processingGuarantee() == ProcessingGuarantee.EXACTLY_ONCE_V2;
  }

  /**
   * Begins with what is in the store.
   *
   * @param names of the models in it that this step goes on with
   * @throws ModelMismatchException if the service can't go on with it
   */
  public void init(WeightsStore store, Set<String> names) {
    weights = store;
    // Here and not at the first batch: the service says so when it starts.
    for (String name : names) {
      model(name);
    }
  }

  /**
   * Predicts, scores and learns a batch, and gives the outputs to their consumer as they are made.
   * At-least-once, a batch that comes again is predicted again, and not learned from again.
   */
  void run(BatchOutputs outputs) {
    long start = System.nanoTime();
    String name = outputs.batch().key();
    MiniBatch batch = outputs.batch().value().batch();
    ModelEntry model = model(name);
    Learner learner = learner(name);

    Prediction prediction = predict(learner, model.state(), batch);
    Evaluation evaluation = batch.labeled() ? Evaluation.of(prediction, batch) : null;
    outputs.prediction(prediction, evaluation, config.outputs().probabilities());
    if (evaluation != null && (exactlyOnce || isNew(model, outputs.input()))) {
      model.state().count(batch, prediction, evaluation);
      UpdateOutcome outcome = learn(learner, model.state(), batch, prediction, evaluation);
      metrics.scored(name, model.state(), evaluation, outcome);
      JournaledBatch.Result result = JournaledBatch.Result.of(outcome, evaluation, model.state());
      ReportWindow window = report(outputs, model, learner, outcome);
      InputPosition input = outputs.input();
      Lineage lineage = new Lineage(input.getPartition(), input.getOffset(), window.start());
      ModelEntry learned = new ModelEntry(model.state(), lineage);
      weights.put(name, learned, new JournaledBatch(batch, lineage, window.isNew(), result));
      long version = learned.state().version();
      if (outcome == UpdateOutcome.UPDATED && config.snapshots().due(version)) {
        outputs.snapshot(learned, version / config.snapshots().everyUpdates());
      }
    } else if (evaluation == null) {
      metrics.predictedUnlabeled(name, batch.images());
    }
    metrics.stepped(System.nanoTime() - start);
  }

  // What tests break, to see that the oracle notices.

  protected Prediction predict(Learner learner, ModelState state, MiniBatch batch) {
    return learner.predict(state, batch);
  }

  protected UpdateOutcome learn(
      Learner learner,
      ModelState state,
      MiniBatch batch,
      Prediction prediction,
      Evaluation evaluation) {
    return learner.learn(state, batch, prediction, evaluation);
  }

  protected @Nullable ModelEntry stored(String name) {
    return weights.get(name, () -> learner(name));
  }

  /** Whether a model has not learned from the batch of this offset: it comes after its last. */
  boolean isNew(String name, InputPosition input) {
    return isNew(model(name), input);
  }

  private static boolean isNew(ModelEntry model, InputPosition input) {
    Lineage lineage = model.lineage();
    return input.getOffset() > lineage.offset() || input.getPartition() != lineage.partition();
  }

  Learner learner(String name) {
    return learners.computeIfAbsent(config.model(name), Learner::new);
  }

  /** The model as it is stored, or a new one. Its meters are there from the first time on. */
  private ModelEntry model(String name) {
    ModelEntry model = storedOrNew(name);
    if (models.add(name)) {
      metrics.report(learner(name).status(name, model.state(), null));
    }
    return model;
  }

  private ModelEntry storedOrNew(String name) {
    ModelEntry stored = stored(name);
    if (stored == null) {
      return new ModelEntry(ModelState.initial(config.model(name)), Lineage.NONE);
    }
    String mismatch = stored.state().mismatch(config.model(name));
    if (mismatch != null) {
      throw new ModelMismatchException(name, mismatch);
    }
    return stored;
  }

  /** Sends a report where one is due; returns the window that the next batch falls into. */
  private ReportWindow report(
      BatchOutputs outputs, ModelEntry model, Learner learner, UpdateOutcome outcome) {
    Record<String, DecodedBatch> batch = outputs.batch();
    ModelState state = model.state();
    ReportWindow window =
        ReportWindow.of(
            model.lineage().windowStart(),
            batch.timestamp(),
            state.window().images(),
            config.reports());
    MetricsReport.Reason due = window.due(outcome, config.reports());
    if (due != MetricsReport.Reason.REASON_UNSPECIFIED) {
      ModelStatus status =
          learner.status(batch.key(), state, ReportWindow.endsWith(due) ? window.of(state) : null);
      metrics.report(status);
      outputs.report(status, due);
    }
    if (ReportWindow.endsWith(due)) {
      state.startWindow();
      return window.next();
    }
    return window;
  }

  /** The models are another's from now on: their meters go. */
  public void close() {
    models.forEach(metrics::removeModel);
    models.clear();
  }
}
