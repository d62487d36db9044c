package io.streamgrad.model;

/**
 * How right a prediction is, by the labels of its images.
 *
 * @param images that were predicted, all of them labeled
 * @param correct those whose most probable class is their label
 * @param lossSum sum of the labels' cross-entropies, in nats
 */
public record Evaluation(int images, int correct, double lossSum) {

  /**
   * Compares a prediction with labels, whenever they come.
   *
   * @param batch the one that was predicted, with its labels
   */
  public static Evaluation of(Prediction prediction, MiniBatch batch) {
    int correct = 0;
    double lossSum = 0;
    for (int i = 0; i < batch.images(); i++) {
      int label = batch.label(i);
      correct += prediction.classes()[i] == label ? 1 : 0;
      lossSum += prediction.loss(i, label);
    }
    return new Evaluation(batch.images(), correct, lossSum);
  }

  /** Whether the batch has a part in scores: its loss is finite. */
  public boolean counts() {
    return Double.isFinite(lossSum);
  }

  /** Mean cross-entropy of the labels, in nats. */
  public double meanLoss() {
    return lossSum / images;
  }
}
