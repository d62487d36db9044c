package io.streamgrad.verify;

import io.streamgrad.learner.ModelState;
import io.streamgrad.learner.Score;
import io.streamgrad.store.Lineage;
import io.streamgrad.store.ModelCodec;
import io.streamgrad.store.StoredModel;
import java.util.List;

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
