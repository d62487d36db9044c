package io.streamgrad.model;

/**
 * The counters of a model's life. Mutable, part of the model's state.
 *
 * @see ModelState#progress()
 */
public final class Progress {
  public long version; // updates applied to the weights
  public long batchesLearned; // updates applied in the model's life
  public long imagesLearned; // in these
  public long updatesSkipped;
  public int skippedInARow;
  public boolean diverged;
  public double gradientNorm; // of the last update that was tried
  public double learningRate; // of the last update that was applied
  public long history; // a number over all that came of the batches, see ModelState#remember
  public long historySince = -1; // offset of the batch after which that began with 0; -1: at birth

  /** A model's beginning. */
  public Progress() {}

  /** Goes on with the history of what was there before. */
  public void continueHistory(Progress before) {
    history = before.history;
    historySince = before.historySince;
  }
}
