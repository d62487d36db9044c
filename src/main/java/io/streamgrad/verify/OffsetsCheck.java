package io.streamgrad.verify;

import io.streamgrad.verify.Disagreement.Kind;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/**
 * The committed offset of a partition of the input lies within the log and not before an output's.
 * One thread.
 */
final class OffsetsCheck {
  private final Cluster cluster;
  private final String application;
  private final TopicPartition input;
  private final Findings findings;

  OffsetsCheck(Cluster cluster, String application, TopicPartition input, Findings findings) {
    this.cluster = cluster;
    this.application = application;
    this.input = input;
    this.findings = findings;
  }

  /**
   * Compares with the log.
   *
   * @param committed below 0 if no offset is
   * @param start offset of the first record in the log, from before the committed one was read
   * @param end offset after the last record in the log, from after it was
   */
  void compareWithLog(long committed, long start, long end) {
    if (committed > end) {
      wrong(
          committed,
          "committed is an offset behind the end of the log, %d: the topic was created again, or it has lost records"
              .formatted(end));
    } else if (committed >= 0 && committed < start) {
      wrong(
          committed,
          "committed is an offset before the start of the log, %d: the records between were deleted before they were committed"
              .formatted(start));
    }
  }

  private void wrong(long committed, String detail) {
    findings.add(Kind.WRONG_OFFSET, "?", input, committed, detail);
  }

  /**
   * In a transaction, no output is there without the offset of its input.
   *
   * @param kind of disagreement that such an output is
   * @param highest the output about the highest offset that was not looked at
   */
  void compareWithOutput(Kind kind, Optional<? extends Output<?>> highest) {
    highest.ifPresent(output -> compareWithOutput(kind, output));
  }

  private void compareWithOutput(Kind kind, Output<?> output) {
    long now = cluster.committed(input);
    if (output.inputOffset() >= now) {
      String committed =
          now >= 0
              ? Long.toString(now)
              : "no offset: group %s has none for %s, or it has expired"
                  .formatted(application, input);
      findings.add(
          kind,
          output.model(),
          input,
          output.inputOffset(),
          "%s is for this input, and committed is %s".formatted(output.place(), committed));
    }
  }

  /**
   * Why no record could be looked at, as a sentence; empty if that needs no word.
   *
   * @param logEnd offset after the last record in the log
   */
  Optional<String> whyNothing(ReplayRange looked, long logEnd) {
    if (looked.atAllCommitted()
        && looked.isEmpty()
        && looked.start() > 0
        && looked.committed() >= looked.start()) {
      return Optional.of(
          "%s begins at offset %d, and committed is %d: all that was learned from it is deleted"
              .formatted(input, looked.start(), looked.committed()));
    }
    if (looked.committed() < 0 && logEnd > looked.start()) {
      return Optional.of(
          "application %s has committed no offset of %s, which has the offsets %d to %d: it has not run, or its group was deleted or has expired"
              .formatted(application, input, looked.start(), logEnd - 1));
    }
    return Optional.empty();
  }
}
