package io.streamgrad.verify;

import io.streamgrad.model.Lineage;

/**
 * The first records beside the images that a replay has not taken.
 *
 * @param labels offset in their topic; {@link Long#MAX_VALUE} behind the last, or where there is
 *     none
 * @param commands the same of commands
 */
record NextRecords(long labels, long commands) {
  /** Where there are no such topics. */
  static final NextRecords NONE = new NextRecords(Long.MAX_VALUE, Long.MAX_VALUE);

  /** Whether a state has what was not taken. */
  boolean isBefore(Lineage lineage) {
    return lineage.labels() >= labels || lineage.commands() >= commands;
  }
}
