package io.streamgrad.model;

/**
 * Where a model's state comes from in the input logs.
 *
 * @param partition of the input topics; -1 before the first batch
 * @param offset of the last batch that the model learned from, skipped, or keeps until its labels
 *     come; -1 before the first
 * @param windowStart time stamp at which the current report window began, in milliseconds; -1
 *     before it
 * @param labels offset of the last record of the labels topic that had an effect; -1 before the
 *     first
 */
public record Lineage(int partition, long offset, long windowStart, long labels) {
  /** Of a model that has seen nothing. */
  public static final Lineage NONE = new Lineage(-1, -1, -1);

  /** Of a model whose labels came with the images. */
  public Lineage(int partition, long offset, long windowStart) {
    this(partition, offset, windowStart, -1);
  }
}
