package io.streamgrad.learner;

import io.streamgrad.config.ModelConfig;
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
 * <p>Not thread-safe; an instance serves any number of models of one configuration, one at a time.
 */
@SuppressWarnings("ReferenceEquality") // what is loaded are these very objects, not equal ones
public final class Learner {
  // Norms beyond these are as good as infinite: such a gradient's square nearly is, as a float, and
  // weights of [784, 10, 10] that long are 10,000 times as long as trained ones.
  private static final double LARGEST_GRADIENT = 1e18;
  private static final double LARGEST_WEIGHTS = 1e6;

  // Of learning rate times gradient: smaller ones, one after the other, leave weights that are
  // looked at every 64 updates finite in between.
  private static final double SMALL_STEP = 1;

  private final ModelConfig config;
  private final Kernel kernel;
  private final Optimizer optimizer;
  private final Scratch scratch;
  private @Nullable MiniBatch loadedBatch; // whose pixels the scratch holds,
  private @Nullable ModelState loadedFor; // scaled as this state says,
  private @Nullable Parameters forwarded; // and whose activations, by these weights

  /** What came of a batch. */
  public enum Outcome {
    /** The weights have been updated. */
    UPDATED,
    /**
     * Probabilities or loss were not finite, or the gradient or the step that it asks for was as
     * good as infinite; the weights are as before.
     */
    SKIPPED,
    /**
     * As SKIPPED, and it was one too many, or the update has made weights that are as good as
     * infinite: the model has just gone back to its last good weights and stopped learning.
     */
    DIVERGED,
    /** The model stopped learning earlier. */
    IGNORED
  }

  /** A learner with the fastest kernel that this JVM offers. */
  public Learner(ModelConfig config) {
    this(config, Kernels.create());
  }

  Learner(ModelConfig config, Kernel kernel) {
    this.config = config;
    this.kernel = kernel;
    optimizer = new Optimizer(config.optimizer());
    scratch = new Scratch(config.layers());
  }

  /** What makes a state none of this learner's model; null when it is one. */
  public @Nullable String mismatch(ModelState state) {
    return state.mismatch(config);
  }

  /**
   * Predicts a batch with the model's weights as they stand, and scores it where it has labels.
   * What these weights can't give finite numbers for is predicted by the last good ones.
   */
  public Prediction predict(ModelState state, MiniBatch batch) {
    state.keepAverage(config.averaging() > 0);
    load(state, batch);
    Prediction prediction = predict(state, state.predicting(), state.version(), false, batch);
    if (isFinite(prediction)) {
      return prediction;
    }
    LastGood lastGood = state.lastGood();
    return predict(state, lastGood.parameters(), lastGood.version(), true, batch);
  }

  /** Of a labeled batch the loss tells: it is not finite where a sum is not. */
  private boolean isFinite(Prediction prediction) {
    float sums = 0;
    for (int i = 0; i < prediction.images(); i++) {
      sums += scratch.sums()[i];
    }
    return Float.isFinite(sums) && Double.isFinite(prediction.lossSum());
  }

  private Prediction predict(
      ModelState state, Parameters weights, long version, boolean byLastGood, MiniBatch batch) {
    int classes = config.classes();
    float[] logits = forward(state, weights, batch);
    int[] predicted = new int[batch.images()];
    double[] below = new double[batch.images()]; // the largest logit minus the label's
    int correct = 0;
    for (int i = 0; i < batch.images(); i++) {
      int row = i * PaddedRows.length(classes);
      predicted[i] = largest(logits, row, classes);
      if (batch.labeled()) {
        below[i] = (double) logits[row + predicted[i]] - logits[row + batch.label(i)];
        correct += predicted[i] == batch.label(i) ? 1 : 0;
      }
    }
    kernel.softmax(logits, batch.images(), classes, scratch.sums());
    double lossSum = 0;
    for (int i = 0; batch.labeled() && i < batch.images(); i++) {
      lossSum += StrictMath.log(scratch.sums()[i]) + below[i];
    }
    forwarded = weights;
    float[] probabilities = new float[batch.images() * classes];
    PaddedRows.unpad(logits, batch.images(), classes, probabilities);
    return new Prediction(version, byLastGood, predicted, probabilities, correct, lossSum);
  }

  /**
   * Scores a labeled batch and applies one update to the weights.
   *
   * @param prediction of this batch, made by this learner with the state as it is
   */
  public Outcome learn(ModelState state, MiniBatch batch, Prediction prediction) {
    if (Double.isFinite(prediction.lossSum())) {
      state.score(batch, prediction);
    }
    ModelState.Progress progress = state.progress();
    if (progress.diverged) {
      return Outcome.IGNORED;
    }
    load(state, batch);
    if (forwarded != state.parameters()) { // predicted by averaged weights
      float[] logits = forward(state, state.parameters(), batch);
      kernel.softmax(logits, batch.images(), config.classes(), scratch.sums());
    }
    backward(state, batch);
    progress.gradientNorm = scratch.gradient().norm(kernel);
    double rate = LearningRate.at(config.learningRate(), progress.version);
    if (prediction.byLastGood() || !isBounded(progress.gradientNorm, rate)) {
      return skip(state);
    }
    state.lastGood().observe(state.predicting(), prediction);
    update(state, rate);
    if (mayHaveExploded(progress) && !(state.parameters().norm(kernel) <= LARGEST_WEIGHTS)) {
      progress.updatesSkipped++;
      return diverge(state);
    }
    progress.imagesLearned += batch.images();
    progress.batchesLearned++;
    if (state.statistics() != null) {
      state.statistics().add(batch);
    }
    loadedBatch = null; // the weights are others now, and so may the scaling be
    return Outcome.UPDATED;
  }

  /** Whether an update by this gradient leaves weights that may still predict. */
  private boolean isBounded(double gradientNorm, double rate) {
    double clip = config.optimizer().clipNorm();
    double norm = clip > 0 ? Math.min(clip, gradientNorm) : gradientNorm;
    // "at most" and not "not above": NaN is neither
    return gradientNorm <= LARGEST_GRADIENT && (isAdam() || rate * norm <= LARGEST_WEIGHTS);
  }

  /** Whether the size of a step does not depend on that of the gradient. */
  private boolean isAdam() {
    return config.optimizer().type().moments() == 2;
  }

  private Outcome skip(ModelState state) {
    ModelState.Progress progress = state.progress();
    progress.updatesSkipped++;
    progress.skippedInARow++;
    return progress.skippedInARow >= config.maxSkippedInARow() ? diverge(state) : Outcome.SKIPPED;
  }

  private Outcome diverge(ModelState state) {
    state.diverge();
    loadedBatch = null; // it has been forwarded by other weights
    return Outcome.DIVERGED;
  }

  /** Whether the last update may have left weights as good as infinite. */
  private boolean mayHaveExploded(ModelState.Progress progress) {
    return isAdam()
        || progress.learningRate * progress.gradientNorm > SMALL_STEP
        || progress.version % LastGood.EVERY == 0;
  }

  /** Brings the batch's pixels into the scratch, scaled as the state says, if not there already. */
  private void load(ModelState state, MiniBatch batch) {
    if (loadedBatch == batch && loadedFor == state) {
      return;
    }
    scratch.reserve(batch.images());
    int inputs = config.inputs();
    if (!takesPixels(state)) {
      float[] x = scratch.activation(0);
      kernel.scale(batch.pixels(), batch.pixelsOffset(), batch.images(), inputs, x);
    }
    if (state.statistics() != null) {
      state.statistics().standardize(scratch.activation(0), batch.images());
      scratch.live(0).all(batch.images(), inputs);
    } else {
      scratch.live(0).find(batch.pixels(), batch.pixelsOffset(), batch.images(), inputs);
    }
    loadedBatch = batch;
    loadedFor = state;
    forwarded = null;
  }

  /** Whether the first layer's products read the batch's bytes and not the scratch. */
  private boolean takesPixels(ModelState state) {
    return state.statistics() == null && kernel.takesPixels(config.inputs());
  }

  /**
   * Leaves every layer's output in the scratch; returns the last one, logits (images, classes) in
   * padded rows.
   */
  private float[] forward(ModelState state, Parameters parameters, MiniBatch batch) {
    int images = batch.images();
    for (int layer = 0; layer < parameters.depth(); layer++) {
      FMatrixRMaj w = parameters.weights(layer);
      float[] z = scratch.activation(layer + 1);
      float[] b = parameters.biases(layer).data;
      LiveBlocks live = scratch.live(layer);
      if (layer == 0 && takesPixels(state)) {
        byte[] pixels = batch.pixels();
        int offset = batch.pixelsOffset();
        kernel.pixelAffine(pixels, offset, live, w.data, b, images, w.numCols, w.numRows, z);
      } else {
        float[] x = scratch.activation(layer);
        kernel.affine(x, live, w.data, b, images, w.numCols, w.numRows, z);
      }
      if (layer < parameters.depth() - 1) {
        relu(z, PaddedRows.size(images, w.numRows));
      }
    }
    return scratch.activation(parameters.depth());
  }

  /** From the activations in the scratch to the gradient, there too. */
  private void backward(ModelState state, MiniBatch batch) {
    Parameters parameters = state.parameters();
    int images = batch.images();
    int depth = parameters.depth();
    outputDelta(batch, scratch.activation(depth), scratch.delta(depth));
    for (int layer = depth - 1; layer >= 0; layer--) {
      FMatrixRMaj w = parameters.weights(layer);
      float[] dz = scratch.delta(layer + 1);
      float[] a = scratch.activation(layer);
      float[] dw = scratch.gradient().weights(layer).data;
      LiveBlocks live = scratch.live(layer);
      if (layer == 0 && takesPixels(state)) {
        byte[] pixels = batch.pixels();
        int offset = batch.pixelsOffset();
        kernel.pixelWeightGradient(dz, pixels, offset, live, images, w.numCols, w.numRows, dw);
      } else {
        kernel.weightGradient(dz, a, live, images, w.numCols, w.numRows, dw);
      }
      kernel.biasGradient(dz, images, w.numRows, scratch.gradient().biases(layer).data);
      if (layer > 0) {
        float[] below = scratch.delta(layer);
        kernel.inputGradient(dz, w.data, images, w.numCols, w.numRows, below);
        kernel.reluGradient(a, below, PaddedRows.size(images, w.numCols));
      }
    }
  }

  /** (softmax - one-hot label) / images. */
  private void outputDelta(MiniBatch batch, float[] probabilities, float[] dz) {
    int row = PaddedRows.length(config.classes());
    float mean = 1f / batch.images();
    for (int k = 0; k < batch.images() * row; k++) {
      dz[k] = probabilities[k] * mean;
    }
    for (int i = 0; i < batch.images(); i++) {
      int label = i * row + batch.label(i);
      dz[label] = (probabilities[label] - 1f) * mean;
    }
  }

  private void update(ModelState state, double rate) {
    ModelState.Progress progress = state.progress();
    progress.learningRate = rate;
    progress.version++;
    progress.skippedInARow = 0;
    optimizer.apply(
        state.parameters(),
        scratch.gradient(),
        progress.gradientNorm,
        state.moments(),
        progress.learningRate,
        progress.version);
    if (state.average() != null) {
      average(state.average(), state.parameters(), progress.version);
    }
  }

  /**
   * The exponential average, with a decay that grows with the number t of updates up to the
   * configured one: min(d, (1 + t) / (10 + t)), so that the untrained weights of the start are soon
   * forgotten (the rule of TensorFlow's ExponentialMovingAverage with num_updates).
   */
  private void average(Parameters average, Parameters parameters, long t) {
    float share = (float) Math.max(1 - config.averaging(), 9 / (10.0 + t));
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
        state.parameters().norm(kernel),
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

  private static void relu(float[] z, int n) {
    for (int i = 0; i < n; i++) {
      z[i] = Math.max(z[i], 0f);
    }
  }
}
