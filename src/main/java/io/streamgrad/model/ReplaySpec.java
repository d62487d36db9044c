package io.streamgrad.model;

/**
 * Whether and how a model learns again from images that it has learned from before.
 *
 * @param images that are kept, 0 for none
 * @param perBatch how many batches of images that are kept it learns from with each batch that
 *     comes, each as large as that one
 * @param shift by up to so many pixels an image is moved, in each direction, each time that it is
 *     learned from again
 * @param policy which images are kept
 */
public record ReplaySpec(int images, int perBatch, int shift, Policy policy) {
  /** Nothing is learned again. */
  public static final ReplaySpec NONE = new ReplaySpec(0, 1, 0, Policy.RESERVOIR);

  /** The pixels that may be kept; they are part of the model's state. */
  static final int MAX_PIXELS = 64 << 20;

  private static final int MAX_PER_BATCH = 16;
  private static final int MAX_SHIFT = 8;

  /** Which images are kept. */
  public enum Policy {
    /** Each image that came is as likely to be kept as any other. */
    RESERVOIR,
    /** The last ones. */
    FIFO,
    /** As many of each class, each of them a reservoir. */
    BALANCED
  }

  public ReplaySpec {
    SpecException.unless(
        perBatch >= 1 && perBatch <= MAX_PER_BATCH, "per-batch", perBatch, "1 to " + MAX_PER_BATCH);
    SpecException.unless(shift >= 0 && shift <= MAX_SHIFT, "shift", shift, "0 to " + MAX_SHIFT);
  }

  /** Checks that a model of this shape may learn so. */
  void check(int inputs, int classes, DriftSpec drift) {
    int most = mostImages(inputs);
    SpecException.unless(
        images >= 0 && images <= most,
        "replay.images",
        images,
        "0 (none) to %d: images of %d pixels are %d bytes each in the model's state, which may have %d of them"
            .formatted(most, inputs, inputs, MAX_PIXELS));
    SpecException.unless(
        images == 0 || drift.detector() != DriftSpec.Detector.NONE,
        "replay.images",
        images,
        "0 (none) where drift.detector is none: after a change, images of the time before it would"
            + " keep the model from learning anew");
    SpecException.unless(
        images == 0 || policy != Policy.BALANCED || images >= classes,
        "replay.images",
        images,
        "0 (none) or at least the number of classes, %d, where policy is balanced"
            .formatted(classes));
    int side = side(inputs);
    SpecException.unless(
        shift == 0 || (side * side == inputs && shift < side),
        "replay.shift",
        shift,
        side * side == inputs
            ? "below the side of an image, " + side
            : "0 where images are not square: %d pixels are not".formatted(inputs));
  }

  /** How many images of so many pixels may be kept. */
  public static int mostImages(int inputs) {
    return MAX_PIXELS / inputs;
  }

  /** The side of a square image. */
  static int side(int inputs) {
    return (int) Math.round(Math.sqrt(inputs));
  }
}
