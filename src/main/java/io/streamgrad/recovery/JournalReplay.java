package io.streamgrad.recovery;

import io.streamgrad.format.JournaledBatch;
import io.streamgrad.format.UnreadableStateException;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.util.List;

/** Learns the batches of a journal again, and insists that the same comes of them. */
final class JournalReplay {
  private static final String WHAT_TO_DO =
      "start the version of Streamgrad that wrote it, with the configuration it had, stop it"
          + " gracefully (SIGTERM), and start this one again";

  private final String model;
  private final Learner learner;

  JournalReplay(String model, Learner learner) {
    this.model = model;
    this.learner = learner;
  }

  /**
   * Checks that the learner is one for this state.
   *
   * @throws UnreadableStateException if it is not
   */
  void check(ModelState state) {
    String mismatch = learner.mismatch(state);
    if (mismatch != null) {
      throw new UnreadableStateException(
          "model \"%s\" has a journal and can't be restored: its state has %s; %s"
              .formatted(model, mismatch, WHAT_TO_DO));
    }
  }

  /**
   * The model after another batch.
   *
   * @throws UnreadableStateException if the batch is not one of this model, or something else comes
   *     of it than before
   */
  ModelEntry learn(ModelState state, JournaledBatch learned) {
    MiniBatch batch = learned.batch();
    checkShape(state, batch);
    Prediction prediction = learner.predict(state, batch);
    Evaluation evaluation = Evaluation.of(prediction, batch);
    state.count(batch, prediction, evaluation);
    UpdateOutcome outcome = learner.learn(state, batch, prediction, evaluation);
    JournaledBatch.Result again = JournaledBatch.Result.of(outcome, evaluation, state);
    if (!again.equals(learned.result())) {
      throw new UnreadableStateException(
          "model \"%s\" can't be restored: the batch of partition %d, offset %d, learned again, gives %s, and its journal says %s; %s"
              .formatted(
                  model,
                  learned.lineage().partition(),
                  learned.lineage().offset(),
                  again,
                  learned.result(),
                  WHAT_TO_DO));
    }
    if (learned.newWindow()) {
      state.startWindow();
    }
    return new ModelEntry(state, learned.lineage());
  }

  private void checkShape(ModelState state, MiniBatch batch) {
    List<Integer> layers = state.parameters().layers();
    int classes = layers.get(layers.size() - 1);
    boolean fits = batch.pixelsPerImage() == layers.get(0);
    for (int i = 0; i < batch.images(); i++) {
      fits &= batch.label(i) < classes;
    }
    if (!fits) {
      throw new UnreadableStateException(
          "the journal of model \"%s\" is corrupt: a batch is not one for layers %s"
              .formatted(model, layers));
    }
  }
}
