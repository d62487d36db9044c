package io.streamgrad.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a model was before drift was found, the last few times, newest first: its {@linkplain
 * LastGood last good weights}. Where the world becomes again what it was then, these predict better
 * at once, and compete with the model that is there. Mutable, part of the model's state.
 */
public final class Archive {
  /** As many are kept at most. */
  static final int LARGEST = 8;

  private final List<Earlier> models = new ArrayList<>();
  private int hash = 1; // of them: no batch changes their weights

  /**
   * An earlier model.
   *
   * @param weights its last good ones
   * @param updates since the average began that these are of
   */
  public record Earlier(Parameters weights, long updates) {}

  /** Has earlier weights predict a batch. */
  @FunctionalInterface
  public interface Trial {
    /** The images of the batch that these weights predict wrong, in the model's place. */
    int errors(ModelState model, Parameters weights, MiniBatch batch);
  }

  /** None yet. */
  Archive() {}

  /** The models, newest first; a view. */
  public List<Earlier> models() {
    return Collections.unmodifiableList(models);
  }

  /** Goes on with an earlier model that was stored, older than those that are there. */
  public void keep(Earlier stored) {
    models.add(stored);
    rehash();
  }

  /** A model is an earlier one from now on. */
  void add(Earlier model) {
    models.add(0, model);
    rehash();
  }

  /** Keeps so many, the newest ones. */
  void trim(int most) {
    if (models.size() > most) {
      models.subList(most, models.size()).clear();
      rehash();
    }
  }

  /**
   * Takes the earlier model out that predicts a batch best, the newest of several, if that is with
   * less than half of the errors of the model that is there.
   */
  @Nullable Earlier take(ModelState model, MiniBatch batch, int modelErrors, Trial trial) {
    Earlier best = null;
    int fewest = Integer.MAX_VALUE;
    for (Earlier earlier : models) {
      int errors = trial.errors(model, earlier.weights(), batch);
      if (errors < fewest) {
        fewest = errors;
        best = earlier;
      }
    }
    if (best == null || 2L * fewest >= modelErrors) {
      return null;
    }
    models.remove(best);
    rehash();
    return best;
  }

  /** Takes part in a hash of what a batch changes; the same hash where there is none. */
  int sample(int before) {
    return models.isEmpty() ? before : 31 * before + hash;
  }

  private void rehash() {
    hash = 1;
    for (Earlier earlier : models) {
      hash = 31 * (31 * hash + Long.hashCode(earlier.updates())) + earlier.weights().sample();
    }
  }
}
