package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.learner.Learner;
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
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The models of one partition and their learners: what a batch makes of them, without a word to
 * anybody. Not thread-safe.
 */
public class PartitionModels {
  private final ServiceConfig config;
  private final Map<ModelSpec, Learner> learners = new HashMap<>();
  private WeightsStore weights;

  /** Models that are configured so; {@link #init} comes before all else. */
  @SuppressWarnings("NullAway.Init")
  PartitionModels(ServiceConfig config) {
    this.config = config;
  }

  /** Models that are configured so, in this store. */
  PartitionModels(ServiceConfig config, WeightsStore weights) {
    this.config = config;
    this.weights = weights;
  }

  /**
   * What came of learning from a batch.
   *
   * @param due why a report is; REASON_UNSPECIFIED if none is
   * @param status for the report
   */
  record Learned(
      ModelEntry model,
      UpdateOutcome outcome,
      MetricsReport.Reason due,
      @Nullable ModelStatus status) {}

  /** The models are in this store. */
  public void init(WeightsStore store) {
    weights = store;
  }

  /**
   * Learns from a batch that a model may have learned from before, and then lost: if it comes after
   * the last one that the model has.
   *
   * @param timestamp of its record, in milliseconds
   * @return whether it did
   */
  public boolean again(String name, MiniBatch batch, long timestamp, InputPosition input) {
    ModelEntry model = model(name);
    if (!batch.labeled() || !isNew(model, input)) {
      return false;
    }
    Learner learner = learner(name);
    Prediction prediction = predict(learner, model.state(), batch);
    Evaluation evaluation = Evaluation.of(prediction, batch);
    learn(name, learner, model, batch, prediction, evaluation, timestamp, input);
    return true;
  }

  /** Learns from a batch that was predicted and scored, and has the store take the model. */
  final Learned learn(
      String name,
      Learner learner,
      ModelEntry model,
      MiniBatch batch,
      Prediction prediction,
      Evaluation evaluation,
      long timestamp,
      InputPosition input) {
    ModelState state = model.state();
    state.count(batch, prediction, evaluation);
    UpdateOutcome outcome = learn(learner, state, batch, prediction, evaluation);
    state.remember(input.getOffset(), outcome, evaluation);

    long images = state.window().images();
    ReportWindow window =
        ReportWindow.of(model.lineage().windowStart(), timestamp, images, config.reports());
    MetricsReport.Reason due = window.due(outcome, config.reports());
    boolean ends = ReportWindow.endsWith(due);
    ModelStatus status =
        due == MetricsReport.Reason.REASON_UNSPECIFIED
            ? null
            : learner.status(name, state, ends ? window.of(state) : null);
    if (ends) {
      state.startWindow();
      window = window.next();
    }
    Lineage lineage = new Lineage(input.getPartition(), input.getOffset(), window.start());
    ModelEntry learned = new ModelEntry(state, lineage);
    weights.put(name, learned);
    return new Learned(learned, outcome, due, status);
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
    return weights.get(name);
  }

  /** So many nanoseconds were spent learning. */
  final void spent(long nanos) {
    weights.spent(nanos);
  }

  /** Whether a model has not learned from the batch of this place: it comes after its last. */
  static boolean isNew(ModelEntry model, InputPosition input) {
    Lineage lineage = model.lineage();
    return input.getOffset() > lineage.offset() || input.getPartition() != lineage.partition();
  }

  final Learner learner(String name) {
    return learners.computeIfAbsent(config.model(name), Learner::new);
  }

  /** The model as it is stored, or a new one. */
  ModelEntry model(String name) {
    ModelEntry stored = stored(name);
    return stored == null
        ? new ModelEntry(ModelState.initial(config.model(name)), Lineage.NONE)
        : checked(name, stored);
  }

  /**
   * The model.
   *
   * @throws ModelMismatchException if it can't be gone on with
   */
  final ModelEntry checked(String name, ModelEntry stored) {
    String mismatch = stored.state().mismatch(config.model(name));
    if (mismatch != null) {
      throw new ModelMismatchException(name, mismatch);
    }
    return stored;
  }
}
