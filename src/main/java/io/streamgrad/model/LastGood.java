package io.streamgrad.model;

import java.util.Arrays;
import org.ejml.data.FMatrixRMaj;

/**
 * The weights that a model goes back to when it diverges: a copy of those that predict, taken while
 * what they predict is good. Mutable, part of the model's state.
 *
 * <p>Every {@value #EVERY} updates the mean loss of the last {@value #EVIDENCE} batches is looked
 * at, and that of the last one alone. Both must be below nine tenths of a guess' loss, and no more
 * than twice the lowest mean of the last {@value #LOOKS} looks (or below a tenth of a guess'). Then
 * the weights that have just predicted, before they are updated, are the last good ones. So a model
 * whose task has become harder has last good weights again after some 1,000 updates, and one that
 * was never much better than a guess goes back to its initial weights.
 */
public final class LastGood {
  /** Updates between two looks. */
  public static final int EVERY = 64;

  /** Batches before a look that are its evidence; few, so that it is of the weights as they are. */
  static final int EVIDENCE = 16;

  /** Looks whose means are kept. */
  public static final int LOOKS = 16;

  private static final double TOLERATED = 2; // a mean loss of 16 images varies by nearly as much
  private static final double GOOD_ANYWAY = 0.1; // of a guess' loss: small means vary by more
  private static final double NO_GUESS = 0.9; // of its loss: ruined weights learn to guess

  private final Parameters parameters;
  private long version;
  private final double[] means; // of the last looks, nats, in the places of their numbers
  private double lossSum; // of the evidence so far, nats
  private long images; // in it

  /**
   * Last good weights as they were stored.
   *
   * @param parameters of the predicting weights; owned by this object
   * @param version updates that had been applied to them
   * @param means (LOOKS) mean losses of the last looks, in nats; infinite for those that have not
   *     been yet, NaN for those that are not known
   * @param lossSum of the batches since the evidence of the next look begins, in nats
   * @param images in these
   */
  public LastGood(
      Parameters parameters, long version, double[] means, double lossSum, long images) {
    this.parameters = parameters;
    this.version = version;
    this.means = means;
    this.lossSum = lossSum;
    this.images = images;
  }

  /** Weights that are the last good ones for want of others: those of a new model. */
  static LastGood first(Parameters predicting) {
    return of(predicting, 0, Double.POSITIVE_INFINITY);
  }

  /** The same of a model that did not look back until now. */
  public static LastGood inherited(Parameters predicting, long version) {
    return of(predicting, version, Double.NaN);
  }

  /** The same of a model that begins with weights from elsewhere. */
  public static LastGood imported(Parameters predicting, long version) {
    return of(predicting, version, Double.POSITIVE_INFINITY);
  }

  /** A copy that does not look any more. */
  LastGood copy() {
    return of(parameters, version, Double.NaN);
  }

  private static LastGood of(Parameters predicting, long version, double mean) {
    double[] means = new double[LOOKS];
    Arrays.fill(means, mean);
    return new LastGood(predicting.copy(), version, means, 0, 0);
  }

  /**
   * Whether these may be others than those of the same model that always looked back: some of the
   * last looks are not known, or none since has found better weights than the ones inherited. (Of
   * weights inherited right before a look, one case in {@value #EVERY}, the latter is not seen.)
   */
  public boolean isInherited() {
    boolean taken = version == 0 || isLook(version);
    return !taken || Arrays.stream(means).anyMatch(Double::isNaN);
  }

  /** Whether weights of so many updates are looked at. */
  private static boolean isLook(long version) {
    return version % EVERY == EVERY - 1;
  }

  /**
   * Takes note of a batch that the model is about to learn from.
   *
   * @param predicting what predicted it
   * @param version updates applied to that
   * @param evaluation of finite loss
   */
  public void observe(Parameters predicting, long version, Evaluation evaluation) {
    long place = version % EVERY;
    if (place < EVERY - EVIDENCE) {
      return;
    }
    lossSum += evaluation.lossSum();
    images += evaluation.images();
    if (isLook(version)) {
      look(predicting, version, evaluation);
      lossSum = 0;
      images = 0;
    }
  }

  private void look(Parameters predicting, long observed, Evaluation last) {
    double guess = StrictMath.log(parameters.layers().get(parameters.depth()));
    double lowest = Double.POSITIVE_INFINITY;
    for (double mean : means) {
      lowest = mean < lowest ? mean : lowest; // NaN is not
    }
    double allowed = Math.min(NO_GUESS * guess, Math.max(TOLERATED * lowest, GOOD_ANYWAY * guess));
    double mean = lossSum / images;
    if (mean <= allowed && last.meanLoss() <= allowed) {
      copy(predicting, parameters);
      version = observed;
    }
    means[(int) (observed / EVERY % LOOKS)] = mean;
  }

  /** Sets other parameters of the same shape to these. */
  void copyTo(Parameters other) {
    copy(parameters, other);
  }

  private static void copy(Parameters from, Parameters to) {
    for (int t = 0; t < from.tensors().size(); t++) {
      FMatrixRMaj source = from.tensors().get(t);
      System.arraycopy(source.data, 0, to.tensors().get(t).data, 0, source.data.length);
    }
  }

  /** The weights; not a copy. */
  public Parameters parameters() {
    return parameters;
  }

  /** Updates that had been applied to them. */
  public long version() {
    return version;
  }

  /** (LOOKS) mean losses of the last looks, in nats; not a copy. */
  public double[] means() {
    return means;
  }

  /** Sum of the losses that are evidence for the next look, so far, in nats. */
  public double lossSum() {
    return lossSum;
  }

  /** The images that these are of. */
  public long images() {
    return images;
  }
}
