package io.streamgrad.inference;

import io.streamgrad.committed.CommittedModel;
import io.streamgrad.learner.Learner;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.Prediction;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Learners that predict, each for one request at a time; some are kept for the next ones, with the
 * room that the largest batch took. Thread-safe.
 */
final class Learners {
  private static final int KEPT = 8;

  private record Idle(ModelSpec spec, Learner learner) {}

  private final Deque<Idle> idle = new ArrayDeque<>(); // guarded by this, last used first

  /** Predicts with a model of this specification. */
  Prediction predict(CommittedModel model, ModelSpec spec, MiniBatch batch) {
    Idle taken = take(spec);
    Prediction prediction = model.predict(taken.learner(), batch);
    keep(taken); // not one that has thrown
    return prediction;
  }

  private synchronized Idle take(ModelSpec spec) {
    for (Iterator<Idle> all = idle.iterator(); all.hasNext(); ) {
      Idle next = all.next();
      if (next.spec().equals(spec)) {
        all.remove();
        return next;
      }
    }
    return new Idle(spec, new Learner(spec));
  }

  private synchronized void keep(Idle used) {
    idle.addFirst(used);
    if (idle.size() > KEPT) {
      idle.removeLast();
    }
  }
}
