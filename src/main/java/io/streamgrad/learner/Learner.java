package io.streamgrad.learner;

import io.streamgrad.kernel.Kernel;
import io.streamgrad.kernel.Kernels;
import io.streamgrad.kernel.PaddedRows;
import io.streamgrad.model.Evaluation;
import io.streamgrad.model.LastGood;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.ModelStatus;
import io.streamgrad.model.Parameters;
import io.streamgrad.model.PixelStatistics;
import io.streamgrad.model.Prediction;
import io.streamgrad.model.UpdateOutcome;
import java.util.Arrays;
import org.ejml.data.FMatrixRMaj;
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

  // Norms beyond these are as good as infinite: such a gradient's square nearly is, as a float, and
  // weights of [784, 10, 10] that long are 10,000 times as long as trained ones.
  private static final double LARGEST_GRADIENT = 1e18;
  private static final double LARGEST_WEIGHTS = 1e6;

  // Of learning rate times gradient: smaller ones, one after the other, leave weights that are
  // looked at every 64 updates finite in between.
  private static final double SMALL_STEP = 1;

  private static final int INFINITE = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  private final ModelSpec spec;
  private final Kernel kernel;
  private final Optimizer optimizer;
  private final Scratch scratch;
  private final ForwardPass forward;
  private final BackwardPass backward;
  private final Descent descent;

  /** A learner with the fastest kernel that this JVM offers. */
  public Learner(ModelSpec spec) {
    this(spec, Kernels.create());
  }

  Learner(ModelSpec spec, Kernel kernel) {
    this.spec = spec;
    this.kernel = kernel;
    optimizer = new Optimizer(spec.optimizer());
    scratch = new Scratch(spec.layers());
    forward = new ForwardPass(kernel, scratch);
    backward = new BackwardPass(kernel, scratch, forward);
    descent = new Descent(spec.optimizer(), kernel, scratch, forward, backward);
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
    state.keepAverage(spec.averaging() > 0);
    state.detectBy(spec.drift().detector());
    return predictUnchanged(state, batch);
  }

  /**
   * Predicts as {@link #predict} does, but leaves the state's average and detector as they are,
   * whatever the settings: for a state that others read, too.
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

  /** Whether all logits are; as bits, which HotSpot compares many at a time. */
  private static boolean isFinite(Prediction prediction) {
    int largest = 0;
    for (float logit : prediction.logits()) {
      largest = Math.max(largest, Float.floatToRawIntBits(logit) & Integer.MAX_VALUE);
    }
    return largest < INFINITE;
  }

  /**
   * Applies one update to the weights, by a labeled batch.
   *
   * @param prediction of this batch, made by this learner with the state as it is
   * @param evaluation of the prediction
   */
  public UpdateOutcome learn(
      ModelState state, MiniBatch batch, Prediction prediction, Evaluation evaluation) {
    ModelState.Progress progress = state.progress();
    if (progress.diverged) {
      return UpdateOutcome.IGNORED;
    }
    forward.require(state, state.parameters(), batch); // averaged weights may have predicted
    backward.deltas(state.parameters(), batch);
    double rate = spec.learningRate().at(progress.version);
    boolean atOnce = !prediction.byLastGood() && mayDescendAtOnce(state, batch, rate);
    if (!atOnce) {
      backward.gradient(state, batch);
      progress.gradientNorm = norm(scratch.gradient());
      if (prediction.byLastGood() || !isBounded(progress.gradientNorm, rate)) {
        return skip(state);
      }
    }
    state.lastGood().observe(state.predicting(), prediction.version(), evaluation);
    progress.learningRate = rate;
    progress.version++;
    progress.skippedInARow = 0;
    if (atOnce) {
      progress.gradientNorm = descent.step(state, batch, (float) rate, share(progress.version));
    } else {
      update(state);
    }
    forward.forget();
    if (mayHaveExploded(progress) && !(norm(state.parameters()) <= LARGEST_WEIGHTS)) {
      progress.updatesSkipped++;
      return diverge(state);
    }
    progress.imagesLearned += batch.images();
    progress.batchesLearned++;
    addToStatistics(state, batch);
    return UpdateOutcome.UPDATED;
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

  /** Euclidean norm of all weights and biases; not finite if one of them is not. */
  double norm(Parameters parameters) {
    double sum = 0;
    for (FMatrixRMaj tensor : parameters.tensors()) {
      sum += kernel.sumOfSquares(tensor.data);
    }
    return Math.sqrt(sum);
  }

  /** Whether an update by this gradient leaves weights that may still predict. */
  private boolean isBounded(double gradientNorm, double rate) {
    double clip = spec.optimizer().clipNorm();
    double norm = clip > 0 ? Math.min(clip, gradientNorm) : gradientNorm;
    // "at most" and not "not above": NaN is neither
    return gradientNorm <= LARGEST_GRADIENT && (isAdam() || rate * norm <= LARGEST_WEIGHTS);
  }

  /** Whether the size of a step does not depend on that of the gradient. */
  private boolean isAdam() {
    return spec.optimizer().type().moments() == 2;
  }

  private UpdateOutcome skip(ModelState state) {
    ModelState.Progress progress = state.progress();
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
  private boolean mayHaveExploded(ModelState.Progress progress) {
    return isAdam()
        || progress.learningRate * progress.gradientNorm > SMALL_STEP
        || progress.version % LastGood.EVERY == 0;
  }

  /** Whether gradient, norm, update and average may be computed together. */
  private boolean mayDescendAtOnce(ModelState state, MiniBatch batch, double rate) {
    return descent.fits(state) && isBounded(descent.normAtMost(state, batch), rate);
  }

  private void update(ModelState state) {
    ModelState.Progress progress = state.progress();
    optimizer.apply(
        state.parameters(),
        scratch.gradient(),
        progress.gradientNorm,
        state.moments(),
        progress.learningRate,
        progress.version);
    if (state.average() != null) {
      average(state.average(), state.parameters(), share(progress.version));
    }
  }

  /**
   * The share of the new weights in the exponential average. Its decay grows with the number t of
   * updates up to the configured one: min(d, (1 + t) / (10 + t)), so that the untrained weights of
   * the start are soon forgotten (the rule of TensorFlow's ExponentialMovingAverage with
   * num_updates).
   */
  private float share(long t) {
    return (float) Math.max(1 - spec.averaging(), 9 / (10.0 + t));
  }

  private static void average(Parameters average, Parameters parameters, float share) {
    for (int i = 0; i < average.tensors().size(); i++) {
      float[] mean = average.tensors().get(i).data;
      float[] w = parameters.tensors().get(i).data;
      for (int k = 0; k < mean.length; k++) {
        mean[k] = Math.fma(share, w[k] - mean[k], mean[k]);
      }
    }
  }

  /**
   * How a model is doing.
   *
   * @param window what is said of the images since the last report; null for nothing
   */
  public ModelStatus status(String name, ModelState state, ModelStatus.@Nullable Window window) {
    ModelState.Progress progress = state.progress();
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

  private static int largest(float[] values, int from, int n) {
    int largest = 0;
    for (int c = 1; c < n; c++) {
      if (values[from + c] > values[from + largest]) {
        largest = c;
      }
    }
    return largest;
  }
}
