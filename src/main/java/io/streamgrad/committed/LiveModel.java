package io.streamgrad.committed;

import io.streamgrad.model.ModelEntry;

/**
 * A model that is learning.
 *
 * @param averages whether its settings are to predict by averaged weights; a state may still have
 *     an average that the next batch gives up
 */
public record LiveModel(ModelEntry entry, boolean averages) {

  /** Whether averaged weights would predict the next batch. */
  boolean isAveraged() {
    return averages && entry.state().average() != null;
  }
}
