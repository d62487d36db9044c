package io.streamgrad.committed;

import io.streamgrad.learner.Learner;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.Prediction;
import org.jspecify.annotations.Nullable;

/**
 * A model as it was at a commit: what it predicts with. Immutable; any thread may use it.
 *
 * @param name of the model
 * @param incarnation of the model: a reset or a rollback begins another one
 * @param copy of what predictions are made with, and of nothing else; nobody changes it
 * @param lineage where it comes from
 */
public record CommittedModel(String name, long incarnation, ModelState copy, Lineage lineage) {
  /**
   * Copies a model.
   *
   * @param before an earlier copy, of which what has not changed is taken
   */
  static CommittedModel of(String name, LiveModel live, @Nullable CommittedModel before) {
    ModelState state = live.entry().state();
    long incarnation = state.control().incarnation();
    ModelState earlier = before != null && before.incarnation == incarnation ? before.copy : null;
    return new CommittedModel(
        name,
        incarnation,
        state.predictingCopy(live.isAveraged(), earlier),
        live.entry().lineage());
  }

  /** Whether a model is as it was when this copy was made. */
  boolean isOf(LiveModel live) {
    ModelState state = live.entry().state();
    return lineage.equals(live.entry().lineage())
        && version() == state.version()
        && (copy.average() != null) == live.isAveraged()
        && copy.progress().history == state.progress().history;
  }

  /** Updates applied to the weights. */
  public long version() {
    return copy.version();
  }

  /** The weights that predict; they may be read only. */
  public Parameters weights() {
    return copy.predicting();
  }

  /**
   * Predicts a batch, to the same bits as the service does with the same weights.
   *
   * @param learner of the model's specification, used by nobody else meanwhile
   */
  public Prediction predict(Learner learner, MiniBatch batch) {
    Prediction prediction = learner.predictUnchanged(copy, batch);
    learner.forget();
    return prediction;
  }

  /** The bytes that the weights take, twice: those that predict and the last good ones. */
  long bytes() {
    return 2L * Float.BYTES * copy.parameters().count();
  }
}
