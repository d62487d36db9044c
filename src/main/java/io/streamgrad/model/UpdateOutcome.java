package io.streamgrad.model;

/** What came of learning from a batch; of several, the last one in this order is what to say. */
public enum UpdateOutcome {
  /** The images wait for others that they are learned with. */
  WAITING,
  /** The model stopped learning earlier. */
  IGNORED,
  /** The weights have been updated. */
  UPDATED,
  /**
   * The batch was predicted by the last good weights, or the gradient or the step that it asks for
   * was as good as infinite; the weights are as before.
   */
  SKIPPED,
  /**
   * As SKIPPED, and it was one too many, or the update has made weights that are as good as
   * infinite: the model has just gone back to its last good weights and stopped learning.
   */
  DIVERGED
}
