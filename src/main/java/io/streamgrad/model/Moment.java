package io.streamgrad.model;

/**
 * A moment in the order in which a partition's records are processed: before the records of these
 * offsets, and after all before them.
 *
 * @param images offset of the next record of the images topic
 * @param labels offset of the next record of the labels topic; 0 where there is none
 */
public record Moment(long images, long labels) {
  /** The latest moment from which on nothing of this or the other is missing. */
  public Moment least(Moment other) {
    if (images <= other.images && labels <= other.labels) {
      return this;
    }
    return new Moment(Math.min(images, other.images), Math.min(labels, other.labels));
  }
}
