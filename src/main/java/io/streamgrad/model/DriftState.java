package io.streamgrad.model;

import org.jspecify.annotations.Nullable;

/**
 * What a model keeps to notice drift and to respond to it: its detector, what competes with it,
 * what it was before, and since when it learns faster. Mutable, part of the model's state.
 */
public final class DriftState {
  private @Nullable DriftDetector detector;
  private @Nullable Challenger challenger;
  private final Archive archive = new Archive();
  private long boostedSince; // a version; 0: the rate is what it is configured to be

  /** What looks whether the model errs more than it did; null for nothing. */
  public @Nullable DriftDetector detector() {
    return detector;
  }

  /** Goes on with a detector that was stored. */
  public void keepDetector(DriftDetector stored) {
    detector = stored;
  }

  /** What competes with the model; null for nothing. */
  public @Nullable Challenger challenger() {
    return challenger;
  }

  /** Goes on with a challenger that was stored, or begins with one. */
  public void keepChallenger(Challenger competing) {
    challenger = competing;
  }

  /** Nothing competes with the model any more. */
  public void dropChallenger() {
    challenger = null;
  }

  /** What the model was when drift was found before; not a copy. */
  public Archive archive() {
    return archive;
  }

  /** The version from which on the learning rate is higher; 0 where it is not. */
  public long boostedSince() {
    return boostedSince;
  }

  /** The learning rate is higher since this version. */
  public void keepBoostedSince(long version) {
    boostedSince = version;
  }

  /** What the learning rate of a version's update is multiplied by: more than 1 after drift. */
  public double rateFactor(long version) {
    if (boostedSince != 0 && version - boostedSince >= RateBoost.UPDATES) {
      boostedSince = 0;
    }
    return boostedSince == 0 ? 1 : RateBoost.after(version - boostedSince);
  }

  /** Has a detector of this kind look from now on; one that is another begins with nothing. */
  public void detectBy(DriftSpec.Detector kind) {
    DriftSpec.Detector present = detector == null ? DriftSpec.Detector.NONE : detector.kind();
    if (kind != present) {
      detector = DriftDetector.of(kind);
    }
  }

  /** Has what drift has led to go on, unless a model now responds to it otherwise. */
  void respondBy(DriftSpec spec) {
    if (spec.response() != DriftSpec.Response.BOOST_RATE) {
      boostedSince = 0;
    }
    if (spec.response() != DriftSpec.Response.CHALLENGER) {
      challenger = null;
    }
    archive.trim(spec.archive());
  }

  /** Nothing is left of what drift has led to. */
  void forgetResponses() {
    boostedSince = 0;
    challenger = null;
    archive.trim(0);
  }

  /** The challenger, if it is to take the model's place now; one that never will is dropped. */
  @Nullable Challenger takeWinner() {
    Challenger present = challenger;
    if (present == null || !(present.wins() || present.isLate())) {
      return null;
    }
    challenger = null;
    return present.wins() ? present : null;
  }

  /** Takes part in a hash of what a batch changes; the same hash where there is none of it. */
  int sample(int before) {
    int hash = archive.sample(before);
    if (boostedSince != 0) {
      hash = 31 * hash + Long.hashCode(boostedSince);
    }
    return challenger == null ? hash : 31 * hash + challenger.sample();
  }
}
