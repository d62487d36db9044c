package io.streamgrad.learner;

import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ReplayBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a model learns again with each batch: steps of their own by images that were kept, each by
 * as many as the batch has, and then the batch's images are kept. They are part of the batch's
 * update: its version counts all of them once, and pixels' means take no image twice.
 */
final class ReplaySteps {
  private final ModelSpec spec;
  private final GradientStep step;
  private final Bounds bounds;
  private final ChallengerSteps challenger;
  private @Nullable MiniBatch drawn; // the same arrays as long as batches have as many images

  ReplaySteps(ModelSpec spec, GradientStep step, Bounds bounds, ChallengerSteps challenger) {
    this.challenger = challenger;
    this.spec = spec;
    this.step = step;
    this.bounds = bounds;
  }

  /**
   * Takes them, where a batch has just been learned from.
   *
   * @param rate at which it was
   * @return whether the weights may be gone on with
   */
  boolean take(ModelState state, ReplayBuffer buffer, MiniBatch batch, double rate) {
    double ramped = rate * buffer.ramp();
    long t = state.progress().version;
    boolean good = true;
    for (int k = 0; k < spec.replay().perBatch() && buffer.images() > 0 && good; k++) {
      MiniBatch again = draw(buffer, batch.images());
      if (step.prepare(state, again, ramped, false)) {
        step.take(state, again, ramped, t);
        good = !bounds.mayExplode(step.norm(), ramped) || bounds.allow(state.parameters());
        challenger.learn(state, again, ramped);
      }
    }
    buffer.insert(spec.seed(), batch);
    return good;
  }

  private MiniBatch draw(ReplayBuffer buffer, int images) {
    int inputs = spec.inputs();
    if (drawn == null || drawn.images() != images) {
      drawn = MiniBatch.of(inputs, new byte[images * inputs], new byte[images]);
    }
    buffer.draw(spec.seed(), spec.replay().shift(), drawn);
    return drawn;
  }
}
