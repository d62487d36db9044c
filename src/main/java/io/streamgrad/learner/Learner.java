package io.streamgrad.learner;

import io.streamgrad.kernel.Kernel;
import io.streamgrad.kernel.Kernels;
import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.DriftEvent;
import io.streamgrad.model.DriftWatch;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LastGood;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.Progress;
import io.streamgrad.model.Takeover;
import io.streamgrad.model.UpdateOutcome;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Forward, backward, update: a stack of dense ReLU layers with softmax cross-entropy. One path
 * serves every depth. For the default, 784-10-10 and m images a batch, with images as rows:
 *
 * <pre>
 *   A0 = pixels / 255               (m, 784)
 *   Z1 = A0 W1' + b1, A1 = ReLU(Z1) (m, 10)
 *   Z2 = A1 W2' + b2, A2 = softmax  (m, 10)
 *
 *   dZ2 = (A2 - Y) / m              dW2 = dZ2' A1    db2 = column sums of dZ2
 *   dZ1 = (dZ2 W2) * (Z1 &gt; 0)       dW1 = dZ1' A0    db1 = column sums of dZ1
 * </pre>
 *
 * <p>The mean over the batch is taken in dZ2, once (Goodfellow et al., "Deep Learning", 6.5).
 *
 * <p>Where inputs are centred, A0 is less the mean of each pixel, over the images learned from
 * before this batch. It is left as it is, so that its zeros are still left out, and the difference
 * is made elsewhere: b1 less W1 mean in the forward pass, and dW1 less db1 mean' in the backward
 * one.
 *
 * <p>Predicting and learning are steps of their own, and so is scoring ({@link Evaluation}): labels
 * may come with the images or later.
 *
 * <p>Not thread-safe; an instance serves any number of models of one configuration, one at a time.
 */
public final class Learner {
  /**
   * Names what comes of a state and a batch: versions of this software with the same number compute
   * the same bits, and one that does not gets another number.
   */
  public static final int MATHEMATICS = 1;

  private final ModelSpec spec;
  private final Kernel kernel;
  private final Bounds bounds;
  private final ForwardPass forward;
  private final GradientStep step;
  private final ReplaySteps replay;
  private final ChallengerSteps challenger;
  private final DriftWatch drift;

  /** A learner with the fastest kernel that this JVM offers. */
  public Learner(ModelSpec spec) {
    this(spec, Kernels.create());
  }

  Learner(ModelSpec spec, Kernel kernel) {
    this.spec = spec;
    this.kernel = kernel;
    bounds = new Bounds(spec.optimizer(), kernel);
    Scratch scratch = new Scratch(spec.layers());
    forward = new ForwardPass(kernel, scratch);
    BackwardPass backward = new BackwardPass(kernel, scratch, forward);
    step =
        new GradientStep(
            spec,
            scratch,
            forward,
            backward,
            new Optimizer(spec.optimizer()),
            new Descent(spec.optimizer(), kernel, scratch, forward, backward),
            bounds);
    challenger = new ChallengerSteps(step, forward, bounds);
    replay = new ReplaySteps(spec, step, bounds, challenger);
    drift = new DriftWatch(spec, this::errors);
  }

  /** What it learns by. */
  public ModelSpec spec() {
    return spec;
  }

  /** What makes a state none of this learner's model; null when it is one. */
  public @Nullable String mismatch(ModelState state) {
    return state.mismatch(spec);
  }

  /**
   * Predicts a batch with the model's weights as they stand. Labels are not looked at. What these
   * weights can't give finite numbers for is predicted by the last good ones.
   */
  public Prediction predict(ModelState state, MiniBatch batch) {
    state.learnBy(spec);
    return predictUnchanged(state, batch);
  }

  /**
   * Predicts as {@link #predict} does, but leaves the state's average, detector and replay as they
   * are, whatever the settings: for a state that others read, too.
   */
  public Prediction predictUnchanged(ModelState state, MiniBatch batch) {
    Prediction prediction = predict(state, state.predicting(), state.version(), false, batch);
    if (isFinite(prediction)) {
      return prediction;
    }
    LastGood lastGood = state.lastGood();
    return predict(state, lastGood.parameters(), lastGood.version(), true, batch);
  }

  /** Lets the last batch go, and the state that predicted it. */
  public void forget() {
    forward.forget();
  }

  private Prediction predict(
      ModelState state, Parameters weights, long version, boolean byLastGood, MiniBatch batch) {
    int images = batch.images();
    int classes = spec.classes();
    float[] padded = forward.logits(state, weights, batch);
    int[] predicted = new int[images];
    for (int i = 0; i < images; i++) {
      predicted[i] = largest(padded, i * PaddedRows.length(classes), classes);
    }
    float[] logits = new float[images * classes];
    PaddedRows.unpad(padded, images, classes, logits);
    float[] sums = Arrays.copyOf(forward.softmax(weights, images), images);
    float[] probabilities = new float[images * classes];
    PaddedRows.unpad(padded, images, classes, probabilities);
    return new Prediction(version, byLastGood, predicted, logits, sums, probabilities);
  }

  /** Whether all logits are. */
  private boolean isFinite(Prediction prediction) {
    float[] logits = prediction.logits();
    return Float.isFinite(kernel.largest(logits, logits.length));
  }

  /**
   * Applies one update to the weights, by a labeled batch.
   *
   * @param prediction of this batch, made by this learner with the state as it is
   * @param evaluation of the prediction
   */
  public UpdateOutcome learn(
      ModelState state, MiniBatch batch, Prediction prediction, Evaluation evaluation) {
    Progress progress = state.progress();
    if (progress.diverged) {
      return UpdateOutcome.IGNORED;
    }
    double rate =
        spec.learningRate().at(progress.version) * state.drift().rateFactor(progress.version);
    boolean bounded = step.prepare(state, batch, rate, prediction.byLastGood());
    if (prediction.byLastGood() || !bounded) {
      progress.gradientNorm = step.norm();
      return skip(state);
    }
    state.lastGood().observe(state.predicting(), prediction.version(), evaluation);
    progress.learningRate = rate;
    progress.version++;
    progress.skippedInARow = 0;
    step.take(state, batch, rate, progress.version);
    progress.gradientNorm = step.norm();
    if (mayHaveExploded(progress) && !bounds.allow(state.parameters())) {
      progress.updatesSkipped++;
      return diverge(state);
    }
    challenger.take(state, batch, prediction, rate);
    addToStatistics(state, batch);
    if (state.replay() != null && !replay.take(state, state.replay(), batch, rate)) {
      progress.updatesSkipped++;
      return diverge(state);
    }
    progress.imagesLearned += batch.images();
    progress.batchesLearned++;
    return UpdateOutcome.UPDATED;
  }

  /**
   * Has the model's detector, if it has one, look at a batch, and does what is configured to be
   * done where it finds something: {@link DriftWatch#observe}.
   *
   * @param scored what was predicted on arrival
   * @param evaluation of that
   * @return what was found, or came of what was found before; null if nothing
   */
  public @Nullable DriftEvent detect(
      ModelState state,
      MiniBatch batch,
      Prediction scored,
      Evaluation evaluation,
      UpdateOutcome outcome) {
    DriftEvent event = drift.observe(state, batch, scored, evaluation, outcome);
    if (event != null) {
      forward.forget();
    }
    return event;
  }

  /**
   * The same where what was predicted on arrival says nothing of the model: a challenger, which is
   * compared when images are learned from, takes its place or is dropped.
   */
  public @Nullable DriftEvent takeOver(ModelState state) {
    Takeover event = drift.takeOver(state);
    if (event != null) {
      forward.forget();
    }
    return event;
  }

  private int errors(ModelState state, Parameters weights, MiniBatch batch) {
    int classes = spec.classes();
    float[] padded = forward.logits(state, weights, batch);
    int errors = 0;
    for (int i = 0; i < batch.images(); i++) {
      boolean right = largest(padded, i * PaddedRows.length(classes), classes) == batch.label(i);
      errors += right ? 0 : 1;
    }
    return errors;
  }

  /** Euclidean norm of all weights and biases; not finite if one of them is not. */
  double norm(Parameters parameters) {
    return bounds.norm(parameters);
  }

  /** What predicts a batch and is learned from it is scaled by the images before it. */
  private void addToStatistics(ModelState state, MiniBatch batch) {
    PixelStatistics statistics = state.statistics();
    if (statistics != null && statistics.centerOnly()) {
      forward.addToMeans(state, batch);
    } else if (statistics != null) {
      statistics.add(batch);
    }
  }

  private UpdateOutcome skip(ModelState state) {
    Progress progress = state.progress();
    progress.updatesSkipped++;
    progress.skippedInARow++;
    return progress.skippedInARow >= spec.maxSkippedInARow()
        ? diverge(state)
        : UpdateOutcome.SKIPPED;
  }

  private UpdateOutcome diverge(ModelState state) {
    state.diverge();
    forward.forget();
    return UpdateOutcome.DIVERGED;
  }

  /** Whether the last update may have left weights as good as infinite. */
  private boolean mayHaveExploded(Progress progress) {
    return bounds.mayExplode(progress.gradientNorm, progress.learningRate)
        || progress.version % LastGood.EVERY == 0;
  }

  /**
   * How a model is doing.
   *
   * @param window what is said of the images since the last report; null for nothing
   */
  public ModelStatus status(String name, ModelState state, ModelStatus.@Nullable Window window) {
    Progress progress = state.progress();
    return new ModelStatus(
        name,
        progress.version,
        window,
        state.lifetime().snapshot(),
        progress.imagesLearned,
        progress.batchesLearned,
        progress.gradientNorm,
        norm(state.parameters()),
        progress.learningRate,
        progress.updatesSkipped,
        progress.diverged);
  }

  /** The place of the largest of n values, the first of these, counted from {@code from}. */
  static int largest(float[] values, int from, int n) {
    int largest = 0;
    for (int c = 1; c < n; c++) {
      if (values[from + c] > values[from + largest]) {
        largest = c;
      }
    }
    return largest;
  }
}
