package io.streamgrad.model;

import org.jspecify.annotations.Nullable;

/**
 * How a model is doing at one moment; what reports, meters and the health page show. Immutable, so
 * any thread may read it.
 *
 * @param model its name
 * @param version updates applied to its weights
 * @param window the images since the last report; null when this is about an event, or when there
 *     was no report yet
 * @param lifetime the score of all labeled images: those learned from, and those whose update was
 *     skipped or that came after the model diverged
 * @param imagesLearned images of the updates applied
 * @param batchesLearned updates applied in the model's life; more than the version once it has gone
 *     back to its last good weights
 * @param gradientNorm Euclidean norm of the last gradient
 * @param weightNorm Euclidean norm of all weights and biases
 * @param learningRate step size of the last update
 * @param updatesSkipped updates skipped because their loss or gradient was not finite
 * @param diverged whether the model has gone back to its last good weights and stopped learning
 */
public record ModelStatus(
    String model,
    long version,
    ModelStatus.@Nullable Window window,
    ScoreSnapshot lifetime,
    long imagesLearned,
    long batchesLearned,
    double gradientNorm,
    double weightNorm,
    double learningRate,
    long updatesSkipped,
    boolean diverged) {

  /**
   * The stretch of the stream that a report covers.
   *
   * @param score of its images
   * @param imagesPerSecond images per second of the records' time stamps; 0 when they span no time
   */
  public record Window(ScoreSnapshot score, double imagesPerSecond) {}
}
