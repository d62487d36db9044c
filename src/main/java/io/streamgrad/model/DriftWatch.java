package io.streamgrad.model;

import org.jspecify.annotations.Nullable;

/**
 * Shows a model's detector, if it has one, what the model predicted, and does what is configured to
 * be done where that finds drift. What it keeps lies in the model's {@link DriftState}. Serves any
 * number of models of one configuration.
 */
public final class DriftWatch {
  private final ModelSpec spec;
  private final Archive.Trial trial;

  /**
   * Responds as a model is configured to.
   *
   * @param trial has weights of earlier models predict a batch
   */
  public DriftWatch(ModelSpec spec, Archive.Trial trial) {
    this.spec = spec;
    this.trial = trial;
  }

  /**
   * Has the detector look at a batch that was learned from, or will be. One whose update was
   * skipped, or whose loss is not finite, says nothing of the world, and is not shown to it.
   *
   * <p>Where something is found, images that were kept to be learned from again are forgotten,
   * unless the model errs because classes have come that are new to it: then they do not say
   * otherwise.
   *
   * @param scored what was predicted on arrival
   * @param evaluation of that
   * @return what was found, or came of what was found before; null if nothing
   */
  public @Nullable DriftEvent observe(
      ModelState model,
      MiniBatch batch,
      Prediction scored,
      Evaluation evaluation,
      UpdateOutcome outcome) {
    Takeover takeover = takeOver(model);
    if (takeover != null) {
      return takeover;
    }
    boolean learned = outcome == UpdateOutcome.UPDATED || outcome == UpdateOutcome.WAITING;
    DriftDetector detector = model.drift().detector();
    if (detector == null || !learned || !evaluation.counts()) {
      return null;
    }
    Drift found = detector.observe(scored, batch);
    return found == null ? null : respond(model, batch, scored, found);
  }

  private Drift respond(ModelState model, MiniBatch batch, Prediction scored, Drift found) {
    long forgotten = forgetKept(model, batch, scored);
    DriftSpec.Response response = spec.drift().response();
    boolean fromArchive =
        response == DriftSpec.Response.CHALLENGER && compete(model, batch, scored);
    boolean restarts = response.restartsAverage() && model.restartAverage();
    if (response == DriftSpec.Response.BOOST_RATE) {
      model.drift().keepBoostedSince(Math.max(1, model.version()));
    }
    return found.with(forgotten, response, restarts, fromArchive);
  }

  /** Returns how many images are no longer kept. */
  private static long forgetKept(ModelState model, MiniBatch batch, Prediction scored) {
    ReplayBuffer replay = model.replay();
    if (replay == null || replay.hardlyKnows(batch, scored)) {
      return 0;
    }
    long forgotten = replay.images();
    replay.clear();
    return forgotten;
  }

  /**
   * Begins with a challenger, and keeps what the model was. Its weights have learned from the first
   * images after the change already; its last good ones have not.
   *
   * @return whether it is an earlier model
   */
  private boolean compete(ModelState model, MiniBatch batch, Prediction scored) {
    int errors = 0;
    for (int i = 0; i < batch.images(); i++) {
      errors += scored.classes()[i] == batch.label(i) ? 0 : 1;
    }
    Archive archive = model.drift().archive();
    Archive.Earlier earlier = archive.take(model, batch, errors, trial);
    int room = spec.drift().archive();
    if (room > 0) {
      LastGood good = model.lastGood();
      long updates = Math.max(0, good.version() - model.averageSince());
      archive.add(new Archive.Earlier(good.parameters().copy(), updates));
      archive.trim(room);
    }
    model
        .drift()
        .keepChallenger(
            earlier == null ? Challenger.of(model, spec.seed()) : Challenger.of(model, earlier));
    return earlier != null;
  }

  /**
   * After each batch that was learned from: the challenger takes the model's place if it has won,
   * and is dropped if it no longer can.
   *
   * @return what was compared; null if there is none that has won
   */
  public @Nullable Takeover takeOver(ModelState model) {
    Challenger winner = model.drift().takeWinner();
    if (winner == null) {
      return null;
    }
    DriftDetector detector = model.drift().detector();
    if (detector != null) {
      detector.begin();
    }
    model.replaceBy(winner.model());
    Challenger.Counters compared = winner.counters();
    return new Takeover(compared.images, compared.errors, compared.challengerErrors);
  }
}
