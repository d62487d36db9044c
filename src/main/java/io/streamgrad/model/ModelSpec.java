package io.streamgrad.model;

import java.time.Duration;
import java.util.List;

/**
 * One model: its network and how it learns. Two models with equal configurations that see the same
 * batches have the same weights, bit for bit.
 *
 * @param layers the width of every layer, input first and classes last: [784, 10, 10]
 * @param seed of the initial weights
 * @param maxBatchSize batches of more images are refused
 * @param inputScaling what becomes of a pixel
 * @param averaging decay of the exponential average of the weights that predictions are made with,
 *     in [0, 0.999999]; 0 predicts with the last weights
 * @param maxSkippedInARow after so many skipped updates in a row the model is marked diverged
 * @param drift whether and how it is noticed that the model errs more than it did
 * @param replay whether and how it learns again from images that it has learned from before
 * @param batchSize labeled images are learned once there are so many, in one step; 1: with each
 *     record
 * @param batchWait or, with the next ones that come, once the record's time stamp is by so much
 *     later than that of the first; zero: however long that takes
 * @param follows the model whose batches it predicts and learns; "": its own
 */
public record ModelSpec(
    List<Integer> layers,
    long seed,
    int maxBatchSize,
    InputScaling inputScaling,
    double averaging,
    int maxSkippedInARow,
    LearningRateSpec learningRate,
    OptimizerSpec optimizer,
    DriftSpec drift,
    ReplaySpec replay,
    int batchSize,
    Duration batchWait,
    String follows) {

  private static final int MAX_LAYER = 1 << 20;
  private static final long MAX_PARAMETERS = 100_000_000;
  private static final int MAX_BATCH_SIZE = 1 << 16;

  /** What becomes of a pixel before the first layer. */
  public enum InputScaling {
    /** As {@link #CENTER} in a new model; one that is there keeps what it began with. */
    AUTO,
    /** pixel / 255 */
    UNIT,
    /** (pixel - mean) / 255, with the mean learned from the stream, for each pixel. */
    CENTER,
    /** (pixel - mean) / deviation, both learned from the stream, for each pixel. */
    STANDARDIZE
  }

  public ModelSpec {
    layers = List.copyOf(layers);
    SpecException.unless(
        layers.size() >= 2 && layers.stream().allMatch(n -> n >= 1 && n <= MAX_LAYER),
        "layers",
        layers,
        "at least an input and an output layer, each of 1 to " + MAX_LAYER + " units");
    int outputs = layers.get(layers.size() - 1);
    SpecException.unless(
        outputs >= 2 && outputs <= 256,
        "layers",
        layers,
        "such that the last layer has 2 to 256 classes (a label is one byte)");
    SpecException.unless(
        parameters(layers) <= MAX_PARAMETERS,
        "layers",
        layers,
        "a network of at most " + MAX_PARAMETERS + " parameters");
    SpecException.unless(
        maxBatchSize >= 1 && maxBatchSize <= MAX_BATCH_SIZE,
        "max-batch-size",
        maxBatchSize,
        "1 to " + MAX_BATCH_SIZE);
    SpecException.unless(
        batchSize >= 1 && batchSize <= maxBatchSize,
        "batch-size",
        batchSize,
        "1 to max-batch-size, which is " + maxBatchSize);
    SpecException.unless(!batchWait.isNegative(), "batch-wait", batchWait, "0s or longer");
    SpecException.unlessDecay(averaging, "averaging");
    SpecException.unless(
        maxSkippedInARow >= 1, "max-skipped-in-a-row", maxSkippedInARow, "1 or above");
    boolean boosts = drift.response() == DriftSpec.Response.BOOST_RATE;
    double highest = learningRate.initial() * (boosts ? RateBoost.FACTOR : 1);
    SpecException.unless(
        optimizer.type() == OptimizerSpec.Type.ADAM || highest * optimizer.weightDecay() < 1,
        "optimizer.weight-decay",
        optimizer.weightDecay(),
        "below 1 / learning-rate.initial, which is "
            + highest
            + (boosts ? " after drift" : "")
            + ": an update takes rate times decay off each weight");
    drift.check(averaging);
    replay.check(layers.get(0), outputs, drift);
  }

  /**
   * One that learns with each record and nothing again, of which nobody looks whether it errs more
   * than it did.
   */
  public ModelSpec(
      List<Integer> layers,
      long seed,
      int maxBatchSize,
      InputScaling inputScaling,
      double averaging,
      int maxSkippedInARow,
      LearningRateSpec learningRate,
      OptimizerSpec optimizer) {
    this(
        layers,
        seed,
        maxBatchSize,
        inputScaling,
        averaging,
        maxSkippedInARow,
        learningRate,
        optimizer,
        DriftSpec.NONE,
        ReplaySpec.NONE,
        1,
        Duration.ZERO,
        "");
  }

  private static long parameters(List<Integer> layers) {
    long parameters = 0;
    for (int l = 1; l < layers.size(); l++) {
      parameters += (layers.get(l - 1) + 1L) * layers.get(l);
    }
    return parameters;
  }

  /** The number of weights and biases. */
  public long parameters() {
    return parameters(layers);
  }

  /** The same for batches of any size: of those that came before a smaller one was configured. */
  public ModelSpec ofAnyBatchSize() {
    return with(MAX_BATCH_SIZE, inputScaling);
  }

  /** The same with this scaling. */
  public ModelSpec with(InputScaling scaling) {
    return with(maxBatchSize, scaling);
  }

  /** The same with the scaling of the largest state that a model of it may have. */
  public ModelSpec largest() {
    return inputScaling == InputScaling.AUTO ? with(InputScaling.STANDARDIZE) : this;
  }

  private ModelSpec with(int largestBatch, InputScaling scaling) {
    return new ModelSpec(
        layers,
        seed,
        largestBatch,
        scaling,
        averaging,
        maxSkippedInARow,
        learningRate,
        optimizer,
        drift,
        replay,
        batchSize,
        batchWait,
        follows);
  }

  /** The number of pixels of an image. */
  public int inputs() {
    return layers.get(0);
  }

  /** The number of classes. */
  public int classes() {
    return layers.get(layers.size() - 1);
  }
}
