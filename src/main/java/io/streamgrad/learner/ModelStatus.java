package io.streamgrad.learner;

/**
 * How a model is doing at one moment; what reports, meters and the health page show. Immutable, so
 * any thread may read it.
 *
 * @param model its name
 * @param version updates applied to its weights
 * @param window the score since the last report
 * @param lifetime the score of all images it ever learned from
 * @param imagesPerSecond images of the window per second of the records' time stamps; 0 when they
 *     span no time
 * @param gradientNorm Euclidean norm of the last gradient
 * @param weightNorm Euclidean norm of all weights and biases
 * @param learningRate step size of the last update
 * @param updatesSkipped updates skipped because their loss or gradient was not finite
 * @param diverged whether the model has stopped learning
 */
public record ModelStatus(
    String model,
    long version,
    ScoreSnapshot window,
    ScoreSnapshot lifetime,
    double imagesPerSecond,
    double gradientNorm,
    double weightNorm,
    double learningRate,
    long updatesSkipped,
    boolean diverged) {}
