package io.streamgrad.cli;

import io.streamgrad.model.ScoreSnapshot;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What came of a demo.
 *
 * @param images labeled images streamed by this run
 * @param batches batches they came in
 * @param prequentialAccuracy share of them that was predicted right before it was learned from
 * @param heldOutAccuracy share of the test images that is predicted right after all that
 * @param byClass how right the test images of each class are predicted
 * @param imagesPerSecond labeled images a second, from the first one sent to the last prediction
 *     read
 * @param weightsSha256 of the committed weights, as {@link
 *     io.streamgrad.format.state.ModelCodec#weightsSha256} takes it
 */
record DemoSummary(
    long images,
    long batches,
    double prequentialAccuracy,
    double heldOutAccuracy,
    List<ByClass> byClass,
    double imagesPerSecond,
    String weightsSha256) {

  /**
   * The test images of a class.
   *
   * @param label the class
   * @param images of it
   * @param precision of those predicted as the class, the share that is of it; 0 for none
   * @param recall of those of the class, the share predicted as it; 0 for none
   */
  record ByClass(int label, long images, double precision, double recall) {

    /** One for each class. */
    static List<ByClass> of(ScoreSnapshot score) {
      return IntStream.range(0, score.classes())
          .mapToObj(
              label ->
                  new ByClass(
                      label, score.images(label), score.precision(label), score.recall(label)))
          .toList();
    }
  }
}
