package io.streamgrad.learner;

/**
 * What a model says about a mini-batch, and how right it is. Owned by whoever asked for it.
 *
 * @param version updates applied to the weights that predicted
 * @param byLastGood whether these are the model's last good weights, because probabilities or loss
 *     of its present ones are not finite
 * @param classes (images) the most probable class of each image; the lowest of equals
 * @param probabilities (images, classes) row by row
 * @param correct images whose most probable class is their label; 0 without labels
 * @param lossSum sum of the labels' cross-entropies, in nats; 0 without labels
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record Prediction(
    long version,
    boolean byLastGood,
    int[] classes,
    float[] probabilities,
    int correct,
    double lossSum) {

  /** The number of images. */
  public int images() {
    return classes.length;
  }

  /** The probability of the most probable class of an image. */
  public float confidence(int image) {
    return probabilities[image * (probabilities.length / classes.length) + classes[image]];
  }

  /** Mean cross-entropy of the labels, in nats. */
  public double meanLoss() {
    return lossSum / classes.length;
  }
}
