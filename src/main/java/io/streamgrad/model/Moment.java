package io.streamgrad.model;

/**
 * A moment in the order in which a partition's records are processed: before the records of these
 * offsets, and after all before them.
 *
 * @param images offset of the next record of the images topic
 * @param labels offset of the next record of the labels topic; 0 where there is none
 * @param pixels offset of the first record of the images topic that is needed from then on; below
 *     {@code images} where labels come for what was processed before
 */
public record Moment(long images, long labels, long pixels) {
  /** A moment from which on no earlier record is needed. */
  public Moment(long images, long labels) {
    this(images, labels, images);
  }

  /** The same, where the images of an earlier record are needed as well. */
  public Moment needing(long batch) {
    return new Moment(images, labels, Math.min(pixels, batch));
  }

  /** The latest moment from which on nothing of this or the other is missing. */
  public Moment least(Moment other) {
    if (images <= other.images && labels <= other.labels && pixels <= other.pixels) {
      return this;
    }
    return new Moment(
        Math.min(images, other.images),
        Math.min(labels, other.labels),
        Math.min(pixels, other.pixels));
  }
}
