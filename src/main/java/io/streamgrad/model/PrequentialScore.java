package io.streamgrad.model;

/** A prequential score that grows batch by batch. Owned by one thread. */
public final class PrequentialScore {
  private final int classes;
  private final long[] confusion; // (classes, classes) label by predicted class
  private long images;
  private long batches;
  private long correct;
  private double lossSum;

  /** Nothing scored yet. */
  public PrequentialScore(int classes) {
    this.classes = classes;
    confusion = new long[classes * classes];
  }

  /** Continues from a snapshot. */
  public PrequentialScore(ScoreSnapshot from) {
    classes = from.classes();
    confusion = from.confusion().clone();
    images = from.images();
    batches = from.batches();
    correct = from.correct();
    lossSum = from.lossSum();
  }

  /** Adds a labeled batch. */
  void add(MiniBatch batch, Prediction prediction, Evaluation evaluation) {
    for (int i = 0; i < batch.images(); i++) {
      confusion[batch.label(i) * classes + prediction.classes()[i]]++;
    }
    images += batch.images();
    batches++;
    correct += evaluation.correct();
    lossSum += evaluation.lossSum();
  }

  /** Images scored so far. */
  public long images() {
    return images;
  }

  /** Batches scored so far. */
  public long batches() {
    return batches;
  }

  /** Images whose predicted class was their label. */
  public long correct() {
    return correct;
  }

  /** The score as it stands. */
  public ScoreSnapshot snapshot() {
    return new ScoreSnapshot(images, batches, correct, lossSum, confusion.clone());
  }
}
