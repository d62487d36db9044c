package io.streamgrad.verify;

import io.streamgrad.learner.Learner;
import io.streamgrad.model.ModelSpec;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Learners by specification, which models of the same one share. Each has room for the largest
 * batch that it took, and models may be thousands: only those that were used last are kept. Not
 * thread-safe.
 */
final class RecentLearners {
  /** A step with a few followers has all of its own here. */
  static final int MOST = 64;

  private final Map<ModelSpec, Learner> learners = new LinkedHashMap<>(16, 0.75f, true);

  /** The learner of a specification, to be used until the end of a step. */
  Learner of(ModelSpec spec) {
    Learner learner = learners.computeIfAbsent(spec, Learner::new);
    if (learners.size() > MOST) {
      learners.remove(learners.keySet().iterator().next());
    }
    return learner;
  }
}
