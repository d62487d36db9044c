package io.streamgrad.store;

import io.streamgrad.learner.Learner;
import io.streamgrad.learner.MiniBatch;
import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.Prediction;
import java.util.List;

/** Learns the batches of a journal again, and insists that the same comes of them. */
final class Relearning {
  private static final String WHAT_TO_DO =
      "start the version of Streamgrad that wrote it, with the configuration it had, stop it in an"
          + " orderly way (SIGTERM), and start this one again";

  private final String model;
  private final Learner learner;

  Relearning(String model, Learner learner) {
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
  StoredModel learn(ModelState state, LearnedBatch learned) {
    MiniBatch batch = learned.batch();
    checkShape(state, batch);
    Prediction prediction = learner.predict(state, batch);
    Learner.Outcome outcome = learner.learn(state, batch, prediction);
    LearnedBatch.Result again = LearnedBatch.Result.of(outcome, prediction, state);
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
    return new StoredModel(state, learned.lineage());
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
