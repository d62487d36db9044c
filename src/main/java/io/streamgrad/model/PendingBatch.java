package io.streamgrad.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A batch that was predicted, and what is known of its labels, which may come later, for some
 * images first. What was predicted is kept until the last one has come. Owned by the thread that
 * learns.
 */
public final class PendingBatch {
  private static final short NONE = -1;

  private final long offset;
  private final long timestamp;
  private final String batchId;
  private final short[] labels; // (images) NONE: not known
  private @Nullable Prediction prediction; // without probabilities; null once all labels are known
  private int unlabeled;

  /**
   * A batch that has just been predicted.
   *
   * @param offset of the batch in the images topic
   * @param timestamp of its record, in milliseconds
   * @param some labels that are known, where not all or none are
   */
  public PendingBatch(
      long offset,
      long timestamp,
      String batchId,
      MiniBatch batch,
      @Nullable LateLabels some,
      Prediction prediction) {
    this(offset, timestamp, batchId, labels(batch, some), batch.labeled() ? null : prediction);
  }

  /**
   * A batch read back.
   *
   * @param labels (images) the classes, -1 where none is known
   * @param prediction null where all are
   */
  public PendingBatch(
      long offset,
      long timestamp,
      String batchId,
      short[] labels,
      @Nullable Prediction prediction) {
    this.offset = offset;
    this.timestamp = timestamp;
    this.batchId = batchId;
    this.labels = labels;
    this.prediction = prediction == null ? null : prediction.withoutProbabilities();
    for (short label : labels) {
      unlabeled += label == NONE ? 1 : 0;
    }
  }

  private static short[] labels(MiniBatch batch, @Nullable LateLabels some) {
    short[] labels = new short[batch.images()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = batch.labeled() ? (short) batch.label(i) : NONE;
    }
    for (int i = 0; some != null && i < some.labels().length; i++) {
      labels[some.image(i)] = (short) some.label(i);
    }
    return labels;
  }

  /** Where it lies in the images topic. */
  public long offset() {
    return offset;
  }

  /** The time stamp of its record, in milliseconds. */
  public long timestamp() {
    return timestamp;
  }

  /** What its producer called it; may be empty. */
  public String batchId() {
    return batchId;
  }

  /** (images) the classes, -1 where none is known; not a copy. */
  public short[] labels() {
    return labels;
  }

  /** How many of its images have no label. */
  public int unlabeled() {
    return unlabeled;
  }

  /** What was predicted, without probabilities; null once all labels are known. */
  public @Nullable Prediction prediction() {
    return prediction;
  }

  /**
   * The labels that are new, of those that have come.
   *
   * @return their places among them; empty if there is none; null if one is another than the label
   *     that is known
   */
  int @Nullable [] newOf(LateLabels came) {
    int[] places = new int[came.labels().length];
    int count = 0;
    for (int i = 0; i < places.length; i++) {
      short known = labels[came.image(i)];
      if (known == NONE) {
        places[count++] = i;
      } else if (known != came.label(i)) {
        return null;
      }
    }
    return Arrays.copyOf(places, count);
  }

  /** From now on these labels are known. */
  void learned(LateLabels came, int[] places) {
    for (int i : places) {
      labels[came.image(i)] = (short) came.label(i);
    }
    unlabeled -= places.length;
    if (unlabeled == 0) {
      prediction = null;
    }
  }
}
