package io.streamgrad.verify;

import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.verify.Replay.Outcome;
import io.streamgrad.wire.BadRecordException;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the commands topic: each record is obeyed or refused at the moment that the
 * applied topic says, or is a dead letter. One thread.
 */
final class CommandsVerification implements AutoCloseable {
  private final TopicPartition partition;
  private final LogCursor records;
  private final Outputs<String> letters;
  private final Replay replay;
  private final CommandRecords commands;
  private final Beginnings beginnings;
  private final long start;
  private final long committed;
  private final boolean trimmed;
  private final Findings findings;
  private final DeadLettersCheck lettersCheck;
  private @Nullable CommandRecord record; // the next one
  private final Set<String> imported = new HashSet<>(); // models: the log has a first piece
  private boolean anyFound;

  /**
   * Begins with the first record that is there.
   *
   * @param beginnings of the models of the replay
   * @param start offset of the first record that can be judged
   * @param committed offset up to which the service had processed all
   * @param trimmed whether what was said of some may be deleted
   */
  CommandsVerification(
      TopicPartition partition,
      LogCursor records,
      Outputs<String> letters,
      Replay replay,
      Beginnings beginnings,
      long start,
      long committed,
      boolean trimmed,
      Findings findings) {
    this.partition = partition;
    this.records = records;
    this.letters = letters;
    this.replay = replay;
    commands = replay.commandRecords();
    this.beginnings = beginnings;
    this.start = start;
    this.committed = committed;
    this.trimmed = trimmed;
    this.findings = findings;
    lettersCheck = new DeadLettersCheck(partition, start, false, findings);
    nextRecord();
  }

  boolean isOf(Applied said) {
    return said.getCommand().getTopic().equals(partition.topic())
        && said.getCommand().getPartition() == partition.partition();
  }

  /** The offset of the next command; {@link Long#MAX_VALUE} behind the last. */
  long next() {
    CommandRecord command = command();
    return command == null ? Long.MAX_VALUE : command.offset();
  }

  /**
   * The next record that is a command now; null behind the last. Imports for which there is no room
   * are passed over. Nothing says when one became a dead letter; but one that took effect before
   * would have been told of, and there will be no more room.
   */
  private @Nullable CommandRecord command() {
    while (record != null) {
      BadRecordException refused = commands.refusalNow(record);
      if (refused == null) {
        return record;
      }
      checkLetter(record.record(), Outcome.bad(record.model(), refused));
      nextRecord();
    }
    return null;
  }

  private void nextRecord() {
    record = null;
    while (record == null && records.hasNext()) {
      ConsumerRecord<byte[], byte[]> next = records.next();
      CommandRecord read = commands.read(next);
      if (read != null && read.bad() == null) {
        record = read;
      } else {
        checkLetter(next, read == null ? null : Outcome.bad(read.model(), read.bad()));
      }
    }
  }

  /** The next command has been one. */
  private void pass(CommandRecord good) {
    checkLetter(good.record(), null);
    nextRecord();
  }

  private void checkLetter(ConsumerRecord<byte[], byte[]> read, @Nullable Outcome bad) {
    if (read.offset() >= committed) {
      return; // it may not have been processed
    }
    lettersCheck.take(letters, read, bad);
    if (bad != null) {
      findings.record();
    }
  }

  /**
   * Takes a command when the service says that it took effect.
   *
   * @param said of it
   * @param place of what was said
   */
  void take(Applied said, String place) {
    long offset = said.getCommand().getOffset();
    CommandRecord came = command();
    for (; came != null && came.offset() < offset; came = command()) {
      missing(came);
      pass(came);
    }
    if (came == null || came.offset() > offset) {
      judgeUnaccounted(said, place);
      return;
    }
    anyFound = true;
    commands.letIn(came);
    pass(came);
    if ((!came.misplaced() && beginnings.isUnknown(said)) || isCutOff(came, said)) {
      findings.notChecked();
      return;
    }
    Applied right = replay.command(came, said);
    if (right == null) {
      findings.notChecked(); // older than the snapshot that was begun with
    } else if (said.toBuilder().clearReason().build().equals(right)
        && (said.getOutcome() == Applied.Outcome.REFUSED) != said.getReason().isEmpty()) {
      findings.labels();
    } else {
      findings.add(
          Kind.WRONG_APPLIED,
          said.getModel(),
          partition,
          offset,
          "%s differs in %s; %s %s, expected %s %s"
              .formatted(
                  place,
                  AppliedVerification.wrong(said, right),
                  said.getCommandKind(),
                  said.getOutcome(),
                  right.getCommandKind(),
                  right.getOutcome()));
    }
  }

  /** Whether it is a piece of an import of which the log lacks the beginning. */
  private boolean isCutOff(CommandRecord came, Applied said) {
    if (said.getCommandKind() != Command.Kind.IMPORT || came.misplaced()) {
      return false;
    }
    if (came.beginsImport()) {
      if (said.getOutcome() != Applied.Outcome.REFUSED) {
        imported.add(said.getModel());
      }
      return false;
    }
    if (imported.contains(said.getModel()) || (start == 0 && !trimmed)) {
      return false;
    }
    ReplayedModel model = replay.models().get(said.getModel());
    long offset = said.getCommand().getOffset();
    if (said.getOutcome() == Applied.Outcome.DONE
        && (model == null || !model.hasObeyed(offset, said.getImagesOffset()))) {
      throw tooLate(said);
    }
    return true;
  }

  private VerificationException tooLate(Applied said) {
    return new VerificationException(
        "%s begins at offset %d, and model \"%s\" has obeyed the command of offset %d since what it can be begun with; snapshots.every-updates makes the service publish snapshots"
            .formatted(partition, start, said.getModel(), said.getCommand().getOffset()));
  }

  private void judgeUnaccounted(Applied said, String place) {
    long offset = said.getCommand().getOffset();
    ReplayedModel model = replay.models().get(said.getModel());
    boolean had = model != null && model.hasObeyed(offset, said.getImagesOffset());
    if (!had && offset < start && said.getOutcome() == Applied.Outcome.DONE) {
      throw tooLate(said);
    }
    if (had || offset < start) {
      findings.notChecked();
    } else {
      findings.add(
          Kind.EXTRA_APPLIED, said.getModel(), partition, offset, place + " is for no such record");
    }
  }

  /** Judges what is left when the input is at its end. */
  void finish() {
    for (CommandRecord left = command();
        left != null && left.offset() < committed;
        left = command()) {
      missing(left);
      pass(left);
    }
    lettersCheck.finish(letters, committed);
  }

  private void missing(CommandRecord came) {
    if (trimmed && !anyFound) {
      findings.notChecked(); // what was said of it is deleted
    } else {
      findings.add(
          Kind.MISSING_APPLIED,
          "?",
          partition,
          came.offset(),
          "nothing says what came of this command");
    }
  }

  @Override
  public void close() {
    records.close();
    letters.close();
  }
}
