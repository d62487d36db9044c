package io.streamgrad.metrics;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What this instance has done since it started, and how fast, at one moment: the meters that a
 * person looks at first.
 *
 * @param images labeled images that were scored
 * @param correct of these, predicted right
 * @param imagesLearned images of all updates
 * @param batchesLearned updates of all models
 * @param unlabeled images that were predicted and had no label
 * @param updatesSkipped of all models
 * @param models that this instance has
 * @param deadLetters records sent to the dead-letter topic, by reason
 * @param behind records that stored weights lack
 * @param inputToPrediction times from a record's time stamp to its prediction
 * @param steps times to predict, score and learn from one batch
 * @param commitMillis mean time of a commit over the last minute; null if none is known
 */
public record Figures(
    double images,
    double correct,
    double imagesLearned,
    double batchesLearned,
    double unlabeled,
    double updatesSkipped,
    double models,
    Map<String, Double> deadLetters,
    double behind,
    Durations inputToPrediction,
    Durations steps,
    @Nullable Double commitMillis) {

  /**
   * How long something took, as a cumulative histogram.
   *
   * @param count of all
   * @param seconds their sum
   * @param buckets by upper bound, smallest first
   */
  public record Durations(long count, double seconds, List<Bucket> buckets) {}

  /**
   * How often it took no longer than so.
   *
   * @param seconds upper bound
   */
  public record Bucket(double seconds, double count) {}
}
