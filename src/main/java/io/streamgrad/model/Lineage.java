package io.streamgrad.model;

/**
 * Where a model's state comes from in the input logs.
 *
 * @param partition of the input topics; -1 before the first batch
 * @param offset of the last batch that the model learned from, skipped, or keeps until its labels
 *     come; where a command took effect later, of the record before which it did, less 1; -1 before
 *     the first
 * @param windowStart time stamp at which the current report window began, in milliseconds; -1
 *     before it
 * @param labels offset of the last record of the labels topic that had an effect, or of the last
 *     one before a command; -1 before the first
 * @param commands offset of the last record of the commands topic that had an effect; -1 before the
 *     first
 */
public record Lineage(int partition, long offset, long windowStart, long labels, long commands) {
  /** Of a model that has seen nothing. */
  public static final Lineage NONE = new Lineage(-1, -1, -1);

  /** Of a model whose labels came with the images. */
  public Lineage(int partition, long offset, long windowStart) {
    this(partition, offset, windowStart, -1);
  }

  /** Of a model that no command has changed. */
  public Lineage(int partition, long offset, long windowStart, long labels) {
    this(partition, offset, windowStart, labels, -1);
  }

  /** After a batch. */
  public Lineage withBatch(int newPartition, long batch) {
    return new Lineage(newPartition, batch, windowStart, labels, commands);
  }

  /** With a report window that began then. */
  public Lineage withWindow(long start) {
    return new Lineage(partition, offset, start, labels, commands);
  }

  /** After labels. */
  public Lineage withLabels(long record) {
    return new Lineage(partition, offset, windowStart, record, commands);
  }

  /** After a command: all that was processed before it is behind. */
  public Lineage withCommand(int newPartition, long record, Moment moment) {
    return new Lineage(newPartition, moment.images() - 1, windowStart, moment.labels() - 1, record);
  }

  /** The same of a model that no command has changed. */
  public Lineage withoutCommand() {
    return new Lineage(partition, offset, windowStart, labels);
  }
}
