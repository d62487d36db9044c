package io.streamgrad.model;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything a model has learned: what the next prediction and the next update depend on, and its
 * score. Mutable, owned by the one thread that trains it.
 */
public final class ModelState {
  private static final long MOST_UPDATES = 1L << 53; // more than anybody waits for

  private final Parameters parameters;
  private @Nullable Parameters average;
  private long averageSince; // the version at which it began anew; 0: at birth
  private final List<Parameters> moments;
  private final @Nullable PixelStatistics statistics;
  private final LastGood lastGood;
  private final PrequentialScore lifetime;
  private final Progress progress;
  private PrequentialScore window;
  private @Nullable PendingBatches pending;
  private DriftState drift = new DriftState();
  private @Nullable OpenBatch open; // null where none was ever begun
  private @Nullable ReplayBuffer replay;
  private Control control = Control.NONE;

  /**
   * A state read back.
   *
   * @param average null where predictions are made with the last weights
   * @param moments the optimizer's, of the parameters' shape
   * @param statistics null where inputs are just scaled
   * @param lastGood of the parameters' shape
   */
  public ModelState(
      Parameters parameters,
      @Nullable Parameters average,
      List<Parameters> moments,
      @Nullable PixelStatistics statistics,
      LastGood lastGood,
      PrequentialScore lifetime,
      PrequentialScore window,
      Progress progress) {
    this.parameters = parameters;
    this.average = average;
    this.moments = List.copyOf(moments);
    this.statistics = statistics;
    this.lastGood = lastGood;
    this.lifetime = lifetime;
    this.window = window;
    this.progress = progress;
  }

  /** A model that has seen nothing. */
  public static ModelState initial(ModelSpec config) {
    Parameters parameters = Parameters.initial(config.layers(), config.seed());
    ModelState state = initial(config, parameters);
    state.drift.detectBy(config.drift().detector());
    state.replayBy(config);
    return state;
  }

  private static ModelState initial(ModelSpec config, Parameters parameters) {
    return new ModelState(
        parameters,
        config.averaging() > 0 ? parameters.copy() : null,
        IntStream.range(0, config.optimizer().type().moments())
            .mapToObj(m -> Parameters.zeros(config.layers()))
            .toList(),
        PixelStatistics.none(config.inputScaling(), config.inputs()),
        LastGood.first(parameters),
        new PrequentialScore(config.classes()),
        new PrequentialScore(config.classes()),
        new Progress());
  }

  /** A model that has seen nothing, in the place of this one: with this one's scaling. */
  public ModelState anew(ModelSpec config) {
    return initial(config.with(inputScaling()));
  }

  /** What becomes of a pixel; never {@link ModelSpec.InputScaling#AUTO}. */
  public ModelSpec.InputScaling inputScaling() {
    return statistics == null ? ModelSpec.InputScaling.UNIT : statistics.scaling();
  }

  /**
   * Checks that the state is one of the configured model. Whether weights are averaged is not part
   * of it: that may change.
   *
   * @return what differs, for a person to read; null when it fits
   */
  public @Nullable String mismatch(ModelSpec config) {
    if (!parameters.layers().equals(config.layers())) {
      return "layers " + parameters.layers() + ", configured are " + config.layers();
    }
    int configured = config.optimizer().type().moments();
    if (moments.size() != configured) {
      return moments.size()
          + " optimizer moments, the configured optimizer "
          + config.optimizer().type()
          + " has "
          + configured;
    }
    ModelSpec.InputScaling scaling = config.inputScaling();
    return scaling == ModelSpec.InputScaling.AUTO || scaling == inputScaling()
        ? null
        : "input scaling " + inputScaling() + ", configured is " + scaling;
  }

  /** The weights that gradients are applied to. */
  public Parameters parameters() {
    return parameters;
  }

  /** The exponential average of the weights; null where none is kept. */
  public @Nullable Parameters average() {
    return average;
  }

  /** The version at which the average began anew, with the weights as they were; 0 at birth. */
  public long averageSince() {
    return averageSince;
  }

  /** The average that was stored began anew at this version. */
  public void keepAverageSince(long version) {
    averageSince = version;
  }

  /** The weights that predictions are made with. */
  public Parameters predicting() {
    return average != null ? average : parameters;
  }

  /** Begins to average, with the weights as they are, or gives the average up. */
  public void keepAverage(boolean kept) {
    if (kept != (average != null)) {
      average = kept ? parameters.copy() : null;
      averageSince = 0;
    }
  }

  /** What it keeps to notice drift and to respond to it; not a copy. */
  public DriftState drift() {
    return drift;
  }

  /**
   * Other weights that learn beside these: a state that shares all that is not given.
   *
   * @param since the version at which the average began
   */
  public ModelState competing(
      Parameters others, @Nullable Parameters othersAverage, List<Parameters> moved, long since) {
    Progress begun = new Progress();
    begun.version = progress.version;
    ModelState state =
        new ModelState(others, othersAverage, moved, statistics, lastGood, lifetime, window, begun);
    state.averageSince = since;
    return state;
  }

  /** What the model goes back to when it diverges. */
  public LastGood lastGood() {
    return lastGood;
  }

  /** Whether weights, average and moments are finite numbers. */
  public boolean isFinite() {
    return parameters.isFinite()
        && (average == null || average.isFinite())
        && moments.stream().allMatch(Parameters::isFinite);
  }

  /**
   * What no learner can have made of a model, where it comes from elsewhere.
   *
   * @return what is wrong, for a person to read; null if nothing is
   */
  public @Nullable String unsound() {
    if (!isFinite() || !lastGood.parameters().isFinite()) {
      return "weights, averages or moments that are not finite";
    }
    boolean bounded =
        parameters.areWithinBounds()
            && lastGood.parameters().areWithinBounds()
            && (average == null || average.areWithinBounds());
    if (!bounded) { // what it predicted might not be finite
      return "weights or averages of a norm above %d".formatted((long) Parameters.LARGEST_NORM);
    }
    if (statistics != null && !statistics.isSound()) {
      return "pixel statistics that no images have";
    }
    boolean counts =
        Math.min(progress.version, lastGood.version()) >= 0
            && Math.max(progress.version, lastGood.version()) < MOST_UPDATES
            && Math.min(progress.batchesLearned, progress.imagesLearned) >= 0
            && Math.min(progress.updatesSkipped, progress.skippedInARow) >= 0
            && Double.isFinite(progress.gradientNorm)
            && Double.isFinite(progress.learningRate)
            && averageSince <= progress.version;
    return counts ? null : "counts below 0 or beyond all updates, or a rate that is not finite";
  }

  /** Goes back to the last good weights, for good: nothing is left of the updates since. */
  public void diverge() {
    lastGood.copyTo(parameters);
    if (average != null) {
      lastGood.copyTo(average);
    }
    averageSince = 0;
    drift.forgetResponses();
    moments.forEach(Parameters::clear);
    if (replay != null) {
      replay.clear();
    }
    progress.version = lastGood.version();
    progress.diverged = true;
  }

  /** The optimizer's moments. */
  public List<Parameters> moments() {
    return moments;
  }

  /** What is known of the inputs; null where they are just scaled. */
  public @Nullable PixelStatistics statistics() {
    return statistics;
  }

  /** The score of all labeled images, learned from or not. */
  public PrequentialScore lifetime() {
    return lifetime;
  }

  /** The score since the last report. */
  public PrequentialScore window() {
    return window;
  }

  /**
   * This state with an empty window and other last good weights; shares everything that can change.
   */
  public ModelState with(LastGood other) {
    ModelState state = shared(other);
    state.startWindow();
    return state;
  }

  /**
   * A copy of what predictions are made with, and of nothing else.
   *
   * @param averaged whether the average predicts, which must be there, and not the last weights
   * @param earlier another such copy of the same model, or null: its last good weights are shared
   *     where they still are the same
   */
  public ModelState predictingCopy(boolean averaged, @Nullable ModelState earlier) {
    Parameters weights = (averaged ? Objects.requireNonNull(average) : parameters).copy();
    PrequentialScore none = new PrequentialScore(parameters.layers().get(parameters.depth()));
    Progress counted = new Progress();
    counted.version = progress.version;
    counted.batchesLearned = progress.batchesLearned;
    counted.imagesLearned = progress.imagesLearned;
    counted.diverged = progress.diverged;
    counted.history = progress.history;
    return new ModelState(
        weights,
        averaged ? weights : null,
        List.of(),
        statistics == null ? null : statistics.copy(),
        earlier != null && earlier.lastGood.version() == lastGood.version()
            ? earlier.lastGood
            : lastGood.copy(),
        none,
        none,
        counted);
  }

  /** Batches whose labels may come later; null where labels come with the images only. */
  public @Nullable PendingBatches pending() {
    return pending;
  }

  /** Waits for labels from now on, with these batches. */
  public void keepPending(PendingBatches batches) {
    pending = batches;
  }

  /**
   * Goes on as a model is configured to: begins to average, to look for drift and to keep images,
   * or gives it up. What is as it was configured before is left as it is.
   */
  public void learnBy(ModelSpec config) {
    keepAverage(config.averaging() > 0);
    drift.detectBy(config.drift().detector());
    drift.respondBy(config.drift());
    replayBy(config);
  }

  /** Begins to average anew, with the weights as they are; nothing where none are averaged. */
  boolean restartAverage() {
    if (average == null) {
      return false;
    }
    average = parameters.copy();
    averageSince = progress.version;
    return true;
  }

  /** Goes on with the weights, the average and the moments of what has won against them. */
  void replaceBy(ModelState winner) {
    parameters.set(winner.parameters);
    if (average != null) {
      average.set(winner.predicting());
    }
    for (int m = 0; m < moments.size(); m++) {
      moments.get(m).set(winner.moments.get(m));
    }
    averageSince = average == null ? 0 : winner.averageSince;
  }

  /** Whether no record changes how many bytes the state takes when it is stored. */
  public boolean isOfFixedSize() {
    return pending == null
        && open == null
        && replay == null
        && drift.detector() == null // what it finds may have a challenger begin
        && control.obeyed().isEmpty();
  }

  /** Images that are learned from again; null for none. */
  public @Nullable ReplayBuffer replay() {
    return replay;
  }

  /** Goes on with images that were stored. */
  public void keepReplay(ReplayBuffer stored) {
    replay = stored;
  }

  /** Keeps images from now on as a model is configured to; what was kept otherwise is forgotten. */
  public void replayBy(ModelSpec config) {
    boolean none = config.replay().images() == 0;
    if (replay == null ? !none : none || !replay.isAs(config.replay())) {
      replay = ReplayBuffer.of(config);
    }
  }

  /** Labeled images that wait to be learned together; null where there are none. */
  public @Nullable OpenBatch open() {
    return open == null || open.images() == 0 ? null : open;
  }

  /** Goes on with images that waited when the state was stored. */
  public void keepOpen(OpenBatch stored) {
    open = stored;
  }

  /**
   * What has waited for others for as long as it may, when a record with this time stamp comes.
   *
   * @return to be learned now; null if there is nothing
   */
  public @Nullable MiniBatch overdue(long timestamp, Duration wait) {
    return open != null && open.isOverdue(timestamp, wait) ? open.close() : null;
  }

  /**
   * Adds labeled images to those that wait.
   *
   * @param size of the batch that is wanted
   * @return what is to be learned now: these images, or with all that waited; null if they wait
   */
  public @Nullable MiniBatch gather(MiniBatch lesson, int size, long timestamp) {
    boolean none = open == null || open.images() == 0;
    if (none && lesson.images() >= size) {
      return lesson;
    }
    if (open == null) {
      open = new OpenBatch(lesson.pixelsPerImage());
    }
    open.add(lesson, timestamp);
    return open.images() >= size ? open.close() : null;
  }

  /** What commands have made of the model. */
  public Control control() {
    return control;
  }

  /** A command has made this of the model. */
  public void setControl(Control commanded) {
    control = commanded;
  }

  /** This state without batches that wait for labels; shares everything that can change. */
  public ModelState withoutPending() {
    ModelState state = shared(lastGood);
    state.pending = null;
    return state;
  }

  private ModelState shared(LastGood good) {
    ModelState state =
        new ModelState(parameters, average, moments, statistics, good, lifetime, window, progress);
    state.averageSince = averageSince;
    state.pending = pending;
    state.drift = drift;
    state.open = open;
    state.replay = replay;
    state.control = control;
    return state;
  }

  /**
   * This state as the beginning of another model, which has predicted nothing yet and so has no
   * score, and seen no images that are kept or wait to be learned. Shares everything that can
   * change.
   */
  public ModelState asBeginning() {
    int classes = parameters.layers().get(parameters.depth());
    ModelState state =
        new ModelState(
            parameters,
            average,
            moments,
            statistics,
            lastGood,
            new PrequentialScore(classes),
            new PrequentialScore(classes),
            progress);
    state.averageSince = averageSince;
    if (drift.detector() != null) {
      state.drift.keepDetector(drift.detector());
    }
    state.control = control;
    progress.history = 0;
    progress.historySince = -1;
    return state;
  }

  /** Begins a new window, after a report. */
  public void startWindow() {
    window = new PrequentialScore(parameters.layers().get(parameters.depth()));
  }

  /** The counters; not a copy. */
  public Progress progress() {
    return progress;
  }

  /** Updates applied to the weights; of a model that has diverged, to the last good ones. */
  public long version() {
    return progress.version;
  }

  /**
   * Takes what came of a labeled batch into the history, a number that is all but certainly another
   * one where any batch was another, or came in another order, or something else came of it: loss,
   * gradient and learning rate tell of what led to an update, a few of the numbers of the update
   * itself. Cheap beside a step. It is stored: to change it is to change a layout.
   *
   * @param offset of the batch in the input, or of its labels where these came later
   */
  public void remember(long offset, UpdateOutcome outcome, Evaluation evaluation) {
    long mixed = SplitMix64.mix(SplitMix64.mix(progress.history) + offset);
    mixed = SplitMix64.mix(mixed + outcome.name().hashCode());
    mixed = SplitMix64.mix(mixed + Double.doubleToLongBits(evaluation.lossSum()));
    mixed = SplitMix64.mix(mixed + Double.doubleToLongBits(progress.gradientNorm));
    mixed = SplitMix64.mix(mixed + Double.doubleToLongBits(progress.learningRate));
    mixed = SplitMix64.mix(mixed + progress.version);
    progress.history = SplitMix64.mix(mixed + sample());
  }

  /**
   * Takes into the history that something came which changed no weights: a batch that waits for its
   * labels, or labels that nothing is learned from.
   *
   * @param offset of it in its topic
   * @param what came of it
   */
  public void remember(long offset, long what) {
    long mixed = SplitMix64.mix(SplitMix64.mix(progress.history) + offset);
    progress.history = SplitMix64.mix(mixed + what);
  }

  private int sample() {
    int hash = parameters.sample();
    hash = 31 * hash + (average != null ? average.sample() : 0);
    for (Parameters moment : moments) {
      hash = 31 * hash + moment.sample();
    }
    DriftDetector detector = drift.detector();
    if (detector != null) {
      hash = 31 * hash + detector.sample();
    }
    if (replay != null) {
      hash = 31 * hash + replay.sample();
    }
    if (averageSince != 0) {
      hash = 31 * hash + Long.hashCode(averageSince);
    }
    return drift.sample(hash);
  }

  /** Counts a labeled batch in both scores; not one whose loss is not finite. */
  public void count(MiniBatch batch, Prediction prediction, Evaluation evaluation) {
    if (evaluation.counts()) {
      lifetime.add(batch, prediction, evaluation);
      window.add(batch, prediction, evaluation);
    }
  }
}
