package io.streamgrad.model;

import java.util.List;

/**
 * What competes with a model after drift was found: the hidden layers as they were then, and an
 * output layer that begins anew, or an earlier model. It learns from what the model learns from,
 * and takes its place once it predicts better beyond chance: of the images that only one of both
 * predicted right, by the sign test, at {@value #DEVIATIONS} deviations, after {@value #FEWEST}
 * images. If that has not come to pass after {@value #MOST}, it is dropped. Mutable, part of the
 * model's state.
 */
public final class Challenger {
  /** Images that are compared before it may take over. */
  static final int FEWEST = 64;

  /** Images after which it no longer can. */
  static final int MOST = 5_000;

  private static final int DEVIATIONS = 3;
  private static final long SEEDED_FOR = 4; // beside what ReplayBuffer draws

  private final ModelState model;
  private final Counters counters;

  /**
   * The images that were compared.
   *
   * @see Challenger#counters()
   */
  public static final class Counters {
    public long images;
    public long errors; // of the model
    public long challengerErrors;
    public long gained; // the challenger was right and the model was wrong

    /** None yet. */
    public Counters() {}
  }

  /**
   * One as it was stored.
   *
   * @param model its weights, average and moments; shares what is known of pixels with the model
   */
  public Challenger(ModelState model, Counters counters) {
    this.model = model;
    this.counters = counters;
  }

  /** One that begins with a model as it is. */
  static Challenger of(ModelState model, long seed) {
    Parameters parameters = model.parameters().copy();
    long random = SplitMix64.mix(SplitMix64.mix(seed) + SEEDED_FOR) + model.version();
    parameters.begin(parameters.depth() - 1, new SplitMix64(random));
    List<Parameters> moments = model.moments().stream().map(Parameters::copy).toList();
    moments.forEach(moment -> moment.clear(moment.depth() - 1));
    Parameters average = model.average() == null ? null : parameters.copy();
    return new Challenger(
        model.competing(parameters, average, moments, model.version()), new Counters());
  }

  /**
   * One that begins as an earlier model, and averages on as that did.
   *
   * @param earlier whose weights are its own from now on
   */
  static Challenger of(ModelState model, Archive.Earlier earlier) {
    Parameters weights = earlier.weights();
    List<Parameters> moments =
        model.moments().stream().map(m -> Parameters.zeros(m.layers())).toList();
    Parameters average = model.average() == null ? null : weights.copy();
    long since = Math.max(0, model.version() - earlier.updates());
    return new Challenger(model.competing(weights, average, moments, since), new Counters());
  }

  /** Its weights, as a state of the model's version; nothing else of it is looked at. */
  public ModelState model() {
    return model;
  }

  /** What was compared; not a copy. */
  public Counters counters() {
    return counters;
  }

  /**
   * Compares an image that both have predicted.
   *
   * @param modelRight whether the model predicted it right
   * @param right whether the challenger did
   */
  public void compare(boolean modelRight, boolean right) {
    counters.images++;
    counters.errors += modelRight ? 0 : 1;
    counters.challengerErrors += right ? 0 : 1;
    counters.gained += right && !modelRight ? 1 : 0;
  }

  /** Whether it is to take the model's place. */
  boolean wins() {
    long fewer = counters.errors - counters.challengerErrors;
    long differ = 2 * counters.gained - fewer; // only one of both was right
    return counters.images >= FEWEST
        && fewer > 0
        && fewer * fewer >= (long) DEVIATIONS * DEVIATIONS * differ;
  }

  /** Whether it is to be dropped, unless it wins. */
  boolean isLate() {
    return counters.images >= MOST;
  }

  /** Whether these are counts that a challenger can have, and not of a damaged state. */
  public boolean isSound() {
    long lost = counters.gained - (counters.errors - counters.challengerErrors);
    return counters.gained >= 0
        && lost >= 0
        && counters.gained <= counters.errors
        && lost <= counters.challengerErrors
        && Math.max(counters.errors, counters.challengerErrors) <= counters.images
        && counters.images < MOST;
  }

  /** A hash of what every image changes. */
  int sample() {
    int hash = 31 * Long.hashCode(counters.images) + Long.hashCode(counters.errors);
    hash = 31 * hash + Long.hashCode(counters.challengerErrors);
    hash = 31 * hash + Long.hashCode(counters.gained);
    hash = 31 * hash + model.parameters().sample();
    Parameters average = model.average();
    return 31 * hash + (average == null ? 0 : average.sample());
  }
}
