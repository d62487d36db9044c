package io.streamgrad.verify;

import io.streamgrad.config.ModelConfig;
import io.streamgrad.learner.ModelState;
import io.streamgrad.store.Lineage;
import io.streamgrad.store.StoredModel;

/** A model that is learned again, and what was found of it so far. Not thread-safe. */
final class ReplayedModel {
  private final ModelState state;
  private Lineage lineage = Lineage.NONE;
  private boolean predictionSeen;
  private long predictions;
  private boolean weightsCompared;

  ReplayedModel(ModelConfig config) {
    state = ModelState.initial(config);
  }

  ModelState state() {
    return state;
  }

  /** Notes the batch that the state has just learned from. */
  void learned(int partition, long offset) {
    lineage = new Lineage(partition, offset, -1);
  }

  /** The offset of the last batch learned from; -1 before the first. */
  long offset() {
    return lineage.offset();
  }

  /** As it would be stored, report window aside. */
  StoredModel stored() {
    return new StoredModel(state, lineage);
  }

  void predictionSeen(boolean right) {
    predictionSeen = true;
    predictions += right ? 1 : 0;
  }

  /** Whether any prediction of the model was found yet. */
  boolean hasPrediction() {
    return predictionSeen;
  }

  /** Predictions found as they should be. */
  long predictions() {
    return predictions;
  }

  void weightsCompared() {
    weightsCompared = true;
  }

  boolean hasWeightsCompared() {
    return weightsCompared;
  }
}
