package io.streamgrad.verify;

import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.LastGood;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelState;
import org.jspecify.annotations.Nullable;

/**
 * What is compared of a stored model: hashes, so that no model need be kept.
 *
 * @param lineage of its last batch
 * @param version updates applied
 * @param weightsSha256 of the weights
 * @param stateSha256 of all that it has learned: weights, counters and the score of its life, but
 *     not the window of its next report
 * @param history the number over all that came of the batches, from the batch of historySince on
 * @param lastGoodSha256 of that and the last good weights; null of a model that was begun by a
 *     version which had none, until it has looked back often enough
 */
record StoredWeights(
    Lineage lineage,
    long version,
    String weightsSha256,
    String stateSha256,
    long history,
    long historySince,
    @Nullable String lastGoodSha256) {

  /** What differs from those that the batches give, with both hashes; null if nothing does. */
  @Nullable String difference(StoredWeights expected) {
    if (version != expected.version || !weightsSha256.equals(expected.weightsSha256)) {
      return "version %d with weightsSha256 %s, expected version %d with %s"
          .formatted(version, weightsSha256, expected.version, expected.weightsSha256);
    }
    if (!stateSha256.equals(expected.stateSha256)) {
      return "the right weights with wrong counters or score: SHA-256 of the state %s, expected %s"
          .formatted(stateSha256, expected.stateSha256);
    }
    if (historySince == expected.historySince && history != expected.history) {
      return "the right weights with a wrong history: %016x, expected %016x"
          .formatted(history, expected.history);
    }
    return lastGoodSha256 == null
            || expected.lastGoodSha256 == null
            || lastGoodSha256.equals(expected.lastGoodSha256)
        ? null
        : "the right weights with wrong last good weights: SHA-256 of the state %s, expected %s"
            .formatted(lastGoodSha256, expected.lastGoodSha256);
  }

  static StoredWeights of(ModelEntry model) {
    ModelState state = model.state();
    return new StoredWeights(
        model.lineage(),
        state.version(),
        ModelCodec.weightsSha256(model),
        stateSha256(state, LastGood.inherited(state.predicting(), state.version())),
        state.progress().history,
        state.progress().historySince,
        state.lastGood().isInherited() ? null : stateSha256(state, state.lastGood()));
  }

  private static String stateSha256(ModelState state, LastGood lastGood) {
    return ModelCodec.stateSha256(new ModelEntry(state.with(lastGood), Lineage.NONE));
  }
}
