package io.streamgrad.model;

/**
 * Where a model's state comes from in the input log.
 *
 * @param partition of the input topic; -1 before the first batch
 * @param offset of the last batch that the model learned from or skipped; -1 before the first
 * @param windowStart time stamp at which the current report window began, in milliseconds; -1
 *     before it
 */
public record Lineage(int partition, long offset, long windowStart) {
  /** Of a model that has seen nothing. */
  public static final Lineage NONE = new Lineage(-1, -1, -1);
}
