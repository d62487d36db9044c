package io.streamgrad.verify;

import org.apache.kafka.common.TopicPartition;

/**
 * Judges the outputs of one topic that are not the first one of a record that has one. One thread.
 */
final class SurplusOutputs {
  private final Disagreement.Kind kind;
  private final TopicPartition input;
  private final long logStart;
  private final boolean mayRepeat;
  private final Findings findings;
  private long passed = -1;

  /**
   * Judges by what is known of the input.
   *
   * @param kind of disagreement that such an output is
   * @param logStart offset of the first record that is still in the input
   * @param mayRepeat whether the service may publish something again after a crash
   */
  SurplusOutputs(
      Disagreement.Kind kind,
      TopicPartition input,
      long logStart,
      boolean mayRepeat,
      Findings findings) {
    this.kind = kind;
    this.input = input;
    this.logStart = logStart;
    this.mayRepeat = mayRepeat;
    this.findings = findings;
  }

  /** Notes that all was compared that lies near the outputs of the inputs up to this offset. */
  void passed(long inputOffset) {
    passed = inputOffset;
  }

  /** An output for a record that has none, for no record, or one that came late. */
  void unaccounted(Output<?> output) {
    if (output.inputOffset() < logStart) {
      findings.notChecked(); // its input is deleted
    } else if (output.inputOffset() > passed) {
      add(output, "is for an input that has none");
    } else if (mayRepeat) {
      findings.repeated();
      findings.notChecked(); // too far behind the first one: the weights have gone on
    } else {
      add(output, "is a second one, or out of order");
    }
  }

  /** An output beside the one that was compared. */
  void second(Output<?> output) {
    add(output, "is a second one, or out of order");
  }

  private void add(Output<?> output, String why) {
    findings.add(
        kind,
        output.model(),
        input,
        output.inputOffset(),
        "%s %s; SHA-256 %s".formatted(output.place(), why, Hashes.sha256(output.record().value())));
  }
}
