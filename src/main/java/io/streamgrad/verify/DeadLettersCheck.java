package io.streamgrad.verify;

import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.verify.Replay.Outcome;
import io.streamgrad.wire.BadRecordException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Each bad record is a dead letter, once; at-least-once processing may send it again. One thread.
 */
final class DeadLettersCheck {
  private final TopicPartition input;
  private final boolean mayRepeat;
  private final Findings findings;
  private final SurplusOutputs extras;
  private boolean anyFound;

  /**
   * Compares with a replay, step by step.
   *
   * @param logStart offset of the first record that is still in the input
   * @param mayRepeat whether the service may send a dead letter again after a crash
   */
  DeadLettersCheck(TopicPartition input, long logStart, boolean mayRepeat, Findings findings) {
    this.input = input;
    this.mayRepeat = mayRepeat;
    this.findings = findings;
    extras = new SurplusOutputs(Kind.EXTRA_DEAD_LETTER, input, logStart, mayRepeat, findings);
  }

  /**
   * Compares what there is up to a record that was just a step of the replay.
   *
   * @param outcome of the step
   */
  void take(
      Outputs<String> letters, ConsumerRecord<byte[], byte[]> record, @Nullable Outcome outcome) {
    BadRecordException bad = outcome == null ? null : outcome.bad();
    if (outcome == null || bad == null) {
      letters.upTo(record.offset()).forEach(extras::unaccounted);
    } else {
      takeOf(outcome.model(), bad, letters, record);
    }
    extras.passed(record.offset());
  }

  private void takeOf(
      String model,
      BadRecordException expected,
      Outputs<String> letters,
      ConsumerRecord<byte[], byte[]> record) {
    boolean found = false;
    for (Output<String> next : letters.upTo(record.offset())) {
      if (next.inputOffset() != record.offset()) {
        extras.unaccounted(next);
      } else if (!found && (letters.accept(next) || mayRepeat)) {
        found = true;
        anyFound = true;
        if (isRight(next, record, expected)) {
          findings.deadLetter();
        }
      } else if (mayRepeat) {
        findings.repeated();
        isRight(next, record, expected);
      } else {
        extras.second(next);
      }
    }
    if (!found) {
      missing(model, record.offset(), expected, letters.trimmed());
    }
  }

  private boolean isRight(
      Output<String> found, ConsumerRecord<byte[], byte[]> record, BadRecordException expected) {
    String difference = DeadLetterReader.difference(found, record, expected);
    if (difference != null) {
      findings.add(
          Kind.WRONG_DEAD_LETTER,
          found.model(),
          input,
          record.offset(),
          found.place() + " " + difference);
    }
    return difference == null;
  }

  private void missing(String model, long offset, BadRecordException expected, boolean trimmed) {
    if (trimmed && !anyFound) {
      findings.notChecked();
    } else {
      findings.add(
          Kind.MISSING_DEAD_LETTER,
          model,
          input,
          offset,
          "there is none, expected one for " + expected.reason().text());
    }
  }

  /** Judges what is left when the input is at its end. */
  void finish(Outputs<String> letters, long end) {
    letters.upTo(end - 1).forEach(extras::unaccounted);
  }
}
