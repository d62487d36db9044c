package io.streamgrad.page;

/**
 * A stretch of a model's learning curve: one report's window, or some that follow one another.
 *
 * @param end images that the model has been scored on by its end; the curve's x
 * @param time of its last batch, milliseconds since 1970
 * @param images scored in it
 * @param correct of these
 * @param lossSum of these, nats
 * @param reports it is made of
 */
record Point(long end, long time, long images, long correct, double lossSum, int reports) {
  /** This one and the next as one. */
  Point plus(Point next) {
    return new Point(
        next.end,
        next.time,
        images + next.images,
        correct + next.correct,
        lossSum + next.lossSum,
        reports + next.reports);
  }

  double accuracy() {
    return images == 0 ? 0 : (double) correct / images;
  }

  double meanLoss() {
    return images == 0 ? 0 : lossSum / images;
  }
}
