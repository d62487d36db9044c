package io.streamgrad.model;

/**
 * What a model says about a mini-batch, whatever its labels are. Owned by whoever asked for it.
 *
 * @param version updates applied to the weights that predicted
 * @param byLastGood whether these are the model's last good weights, because what its present ones
 *     give is not finite
 * @param classes (images) the most probable class of each image; the lowest of equals
 * @param logits (images, classes) row by row: what the softmax was taken of
 * @param sums (images) the sums of the softmax's exponentials, of logits less the largest
 * @param probabilities (images, classes) row by row
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record Prediction(
    long version,
    boolean byLastGood,
    int[] classes,
    float[] logits,
    float[] sums,
    float[] probabilities) {

  private static final float[] NONE = {};

  /** The same, without probabilities, which are not needed to score it. */
  public Prediction withoutProbabilities() {
    return new Prediction(version, byLastGood, classes, logits, sums, NONE);
  }

  /** That of some of the images, without probabilities. */
  public Prediction of(int[] images) {
    int width = logits.length / classes.length;
    int[] theirClasses = new int[images.length];
    float[] theirLogits = new float[images.length * width];
    float[] theirSums = new float[images.length];
    for (int i = 0; i < images.length; i++) {
      theirClasses[i] = classes[images[i]];
      theirSums[i] = sums[images[i]];
      System.arraycopy(logits, images[i] * width, theirLogits, i * width, width);
    }
    return new Prediction(version, byLastGood, theirClasses, theirLogits, theirSums, NONE);
  }

  /** The number of images. */
  public int images() {
    return classes.length;
  }

  /** The probability of the most probable class of an image. */
  public float confidence(int image) {
    return probabilities[image * (probabilities.length / classes.length) + classes[image]];
  }

  /**
   * The cross-entropy of an image with this label, in nats: of the logits, since a probability may
   * be 0 as a float.
   */
  public double loss(int image, int label) {
    int row = image * (logits.length / classes.length);
    double below = (double) logits[row + classes[image]] - logits[row + label];
    return StrictMath.log(sums[image]) + below;
  }
}
