package io.streamgrad.cli;

/**
 * What came of a demo.
 *
 * @param images labeled images streamed by this run
 * @param batches batches they came in
 * @param prequentialAccuracy share of them that was predicted right before it was learned from
 * @param heldOutAccuracy share of the test images that is predicted right after all that
 * @param imagesPerSecond labeled images a second, from the first one sent to the last prediction
 *     read
 * @param weightsSha256 of the committed weights, as {@link
 *     io.streamgrad.format.ModelCodec#weightsSha256} takes it
 */
record DemoSummary(
    long images,
    long batches,
    double prequentialAccuracy,
    double heldOutAccuracy,
    double imagesPerSecond,
    String weightsSha256) {}
