package io.streamgrad.verify;

/**
 * The records of a partition of the input that are looked at, and why no others.
 *
 * @param start offset of the first record, which is the first one that is still in the log
 * @param end offset after the last record
 * @param committed the committed offset; below 0 if there is none
 * @param atAllCommitted whether the end is as far as what is committed is in the log
 */
record ReplayRange(long start, long end, long committed, boolean atAllCommitted) {
  /**
   * What is committed and in the log, up to an offset.
   *
   * @param logEnd offset after the last record that is in the log
   * @param until the last offset that is wanted
   */
  static ReplayRange of(long start, long logEnd, long committed, long until) {
    long last = Math.max(start, Math.min(committed, logEnd));
    return until < last
        ? new ReplayRange(start, Math.max(start, until + 1), committed, false)
        : new ReplayRange(start, last, committed, true);
  }

  /** Whether nothing is there to look at. */
  boolean isEmpty() {
    return start == end;
  }
}
