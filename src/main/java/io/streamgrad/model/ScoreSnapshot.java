package io.streamgrad.model;

/**
 * A prequential score at one moment: every image in it was predicted before it was learned from.
 * Immutable.
 *
 * @param images number of images
 * @param batches number of batches they came in
 * @param correct images whose predicted class is their label
 * @param lossSum sum of the images' cross-entropies, in nats
 * @param confusion (classes, classes) row by row: images by label (row) and predicted class
 *     (column); owned by this record, not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one; a list would box every count
public record ScoreSnapshot(
    long images, long batches, long correct, double lossSum, long[] confusion) {

  /** The number of classes. */
  public int classes() {
    return (int) Math.sqrt(confusion.length);
  }

  /** Share of the images that were predicted right; 0 where there are none. */
  public double accuracy() {
    return ratio(correct, images);
  }

  /** Mean cross-entropy per image, in nats; 0 where there are no images. */
  public double meanLoss() {
    return images == 0 ? 0 : lossSum / images;
  }

  /** Images of class {@code label} that were predicted as class {@code predicted}. */
  public long confusion(int label, int predicted) {
    return confusion[label * classes() + predicted];
  }

  /** Images of the class. */
  public long images(int label) {
    long all = 0;
    for (int predicted = 0; predicted < classes(); predicted++) {
      all += confusion(label, predicted);
    }
    return all;
  }

  /** Of the images of the class, the share predicted as it; 0 where there are none. */
  public double recall(int label) {
    return ratio(confusion(label, label), images(label));
  }

  /** Of the images predicted as the class, the share that is of it; 0 where there are none. */
  public double precision(int predicted) {
    long all = 0;
    for (int label = 0; label < classes(); label++) {
      all += confusion(label, predicted);
    }
    return ratio(confusion(predicted, predicted), all);
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
