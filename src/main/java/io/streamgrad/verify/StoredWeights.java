package io.streamgrad.verify;

import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.Score;
import io.streamgrad.store.Lineage;
import io.streamgrad.store.ModelCodec;
import io.streamgrad.store.StoredModel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is compared of a stored model: hashes, so that no model need be kept.
 *
 * @param lineage of its last batch
 * @param version updates applied
 * @param weightsSha256 of the weights
 * @param stateSha256 of all that it has learned: weights, counters and the score of its life, but
 *     not the window of its next report
 */
record StoredWeights(Lineage lineage, long version, String weightsSha256, String stateSha256) {

  /** What differs from those that the batches give, with both hashes; null if nothing does. */
  @Nullable String difference(StoredWeights expected) {
    if (version != expected.version || !weightsSha256.equals(expected.weightsSha256)) {
      return "version %d with weightsSha256 %s, expected version %d with %s"
          .formatted(version, weightsSha256, expected.version, expected.weightsSha256);
    }
    return stateSha256.equals(expected.stateSha256)
        ? null
        : "the right weights with wrong counters or score: SHA-256 of the state %s, expected %s"
            .formatted(stateSha256, expected.stateSha256);
  }

  static StoredWeights of(StoredModel model) {
    ModelState state = model.state();
    List<Integer> layers = state.parameters().layers();
    ModelState withoutWindow =
        new ModelState(
            state.parameters(),
            state.average(),
            state.moments(),
            state.statistics(),
            state.lifetime(),
            new Score(layers.get(layers.size() - 1)),
            state.progress());
    return new StoredWeights(
        model.lineage(),
        state.version(),
        ModelCodec.weightsSha256(model),
        Hashes.sha256(ModelCodec.encode(new StoredModel(withoutWindow, Lineage.NONE))));
  }
}
