package io.streamgrad.verify;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.streamgrad.v1.Applied;
import io.streamgrad.verify.Disagreement.Kind;
import io.streamgrad.verify.Replay.LabelsOutcome;
import io.streamgrad.verify.Replay.Outcome;
import io.streamgrad.wire.MessageReader;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the applied topic, and of those of labels and commands: each record of these
 * takes effect at the moment that the applied topic says, with the outcome that it says, or is a
 * dead letter. One thread.
 */
final class AppliedVerification implements AutoCloseable {
  private final MessageReader<Applied> reader = new MessageReader<>(Applied.getDefaultInstance());
  private final TopicPartition labels;
  private final @Nullable LogCursor records; // null where labels come with the images only
  private final LogCursor applied;
  private final @Nullable CommandsVerification commands; // null where models take none
  private final BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign;
  private final Replay replay;
  private final Beginnings beginnings;
  private final @Nullable PastImages past;
  private final Findings findings;
  private final DeadLettersCheck lettersCheck;
  private final LabelsRange range;
  private final @Nullable Outputs<String> letters;
  private final Queue<Applied> expected = new ArrayDeque<>(); // of labels that came early
  private @Nullable ConsumerRecord<byte[], byte[]> record; // the next one
  private @Nullable Applied next;
  private String nextPlace = "";
  private boolean anyFound;

  /**
   * Begins with the first record that is there.
   *
   * @param records of labels; null where they come with the images only, as what is about them
   * @param applied what the service says of these and of commands, from before the first
   * @param commands null where models take none
   * @param foreign takes records that no service has written, and why they are none
   * @param beginnings of the models of the replay
   * @param past images that the replay reads again
   * @param range of the partition that can be judged
   */
  AppliedVerification(
      TopicPartition labels,
      @Nullable LogCursor records,
      LogCursor applied,
      @Nullable CommandsVerification commands,
      @Nullable Outputs<String> letters,
      BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign,
      Replay replay,
      Beginnings beginnings,
      @Nullable PastImages past,
      LabelsRange range,
      Findings findings) {
    this.labels = labels;
    this.records = records;
    this.applied = applied;
    this.commands = commands;
    this.letters = letters;
    this.foreign = foreign;
    this.replay = replay;
    this.beginnings = beginnings;
    this.past = past;
    this.findings = findings;
    this.range = range;
    lettersCheck = new DeadLettersCheck(labels, range.start(), false, findings);
    nextRecord();
    nextApplied();
  }

  /**
   * Before which images record the first labels took effect, of those that are still told of; all
   * that did before where none is.
   */
  static long firstMoment(LogCursor applied) {
    MessageReader<Applied> reader = new MessageReader<>(Applied.getDefaultInstance());
    long moment = Long.MAX_VALUE;
    while (moment == Long.MAX_VALUE && applied.hasNext()) {
      ConsumerRecord<byte[], byte[]> read = applied.next();
      try {
        Applied first = reader.deserialize(read.topic(), read.headers(), read.value());
        moment = Math.max(1, first.getImagesOffset());
      } catch (SerializationException e) {
        // It is told when it has its turn.
      }
    }
    return moment;
  }

  /** Reads on to the next record that is labels for a model that is looked at. */
  private void nextRecord() {
    record = null;
    while (record == null && records != null && records.hasNext()) {
      ConsumerRecord<byte[], byte[]> read = records.next();
      LabelsOutcome outcome = replay.labels(read);
      record = outcome == null || outcome.bad() != null ? null : read;
      if (read.offset() < range.committed()) { // others may not have been processed
        checkLetter(read, outcome);
      }
    }
  }

  private void checkLetter(ConsumerRecord<byte[], byte[]> read, @Nullable LabelsOutcome outcome) {
    lettersCheck.take(
        Objects.requireNonNull(letters),
        read,
        outcome == null ? null : Outcome.bad(outcome.model(), outcome.bad()));
    if (outcome != null && outcome.bad() != null) {
      findings.record();
    }
  }

  private void nextApplied() {
    next = null;
    while (next == null && applied.hasNext()) {
      ConsumerRecord<byte[], byte[]> read = applied.next();
      try {
        Applied message = reader.deserialize(read.topic(), read.headers(), read.value());
        if (isOurs(message) && replay.covers(message.getModel())) {
          next = message;
          nextPlace = Output.place(read);
        }
      } catch (SerializationException e) {
        foreign.accept(read, "does not say what came of labels: " + e.getMessage());
      }
    }
  }

  private boolean isOurs(Applied message) {
    if (message.hasCommand()) {
      return commands != null && commands.isOf(message);
    }
    return records != null
        && message.getLabels().getTopic().equals(labels.topic())
        && message.getLabels().getPartition() == labels.partition();
  }

  /** What has not taken effect. */
  NextRecords nextRecords() {
    return new NextRecords(nextLabels(), commands == null ? Long.MAX_VALUE : commands.next());
  }

  /**
   * The offset of the next labels that have not taken effect; {@link Long#MAX_VALUE} behind the
   * last.
   */
  private long nextLabels() {
    return record == null ? Long.MAX_VALUE : record.offset();
  }

  /** Before which images record the next labels took effect; no later one than this. */
  long nextMoment(long atMost) {
    return next == null ? atMost : Math.min(atMost, next.getImagesOffset());
  }

  /**
   * Takes the next labels or the next command, if they took effect before an images record.
   *
   * @return what was said of them; null if they did not
   */
  @Nullable Applied takeBefore(long imagesOffset) {
    while (next != null && next.getImagesOffset() <= imagesOffset) {
      Applied found = next;
      CommandsVerification obeyed = commands;
      if (found.hasCommand() && obeyed != null) {
        obeyed.take(found, nextPlace);
        nextApplied();
        return found;
      }
      ConsumerRecord<byte[], byte[]> came = record;
      long offset = found.getLabels().getOffset();
      if (came != null && came.offset() < offset) {
        missing(came);
        nextRecord();
      } else if (came == null || came.offset() > offset) {
        judgeUnaccounted(found);
        nextApplied();
      } else {
        anyFound = true;
        nextRecord();
        boolean deleted = found.getOutcome() == Applied.Outcome.IMAGES_DELETED;
        compare(found, beginnings.isUnknown(found) ? null : replay.labels(came, found));
        if (deleted) {
          findings.notChecked();
        }
        nextApplied();
        take(replay.takeEffects());
        return found;
      }
    }
    return null;
  }

  /** What is said of a record that is not there, or had its turn. */
  private void judgeUnaccounted(Applied found) {
    long offset = found.getLabels().getOffset();
    ReplayedModel model = replay.models().get(found.getModel());
    if (beginnings.isUnknown(found.getModel())) {
      findings.notChecked();
    } else if (model != null
        && (model.hasTaken(offset, found.getImagesOffset())
            || model.hadEffect(offset, found.getImagesOffset()))) {
      findings.notChecked();
    } else if (offset < range.start()) {
      range.requireNoEffect(labels, found);
      findings.notChecked();
    } else {
      add(Kind.EXTRA_APPLIED, found.getModel(), offset, nextPlace + " is for no such record");
    }
  }

  /** Labels that had come early must have taken effect now. */
  void take(List<Applied> effects) {
    expected.addAll(effects);
    for (Applied right; (right = expected.poll()) != null; ) {
      if (next == null || !next.getLabels().equals(right.getLabels())) {
        add(
            Kind.MISSING_APPLIED,
            right.getModel(),
            right.getLabels().getOffset(),
            "there is none before images offset %d, expected %s"
                .formatted(right.getImagesOffset(), right.getOutcome()));
      } else {
        compare(next, right);
        nextApplied();
      }
    }
  }

  private void compare(Applied found, @Nullable Applied right) {
    if (found.equals(right)) {
      findings.labels();
      return;
    }
    if (right == null) {
      findings.notChecked(); // older than the snapshot that was begun with
      return;
    }
    add(
        Kind.WRONG_APPLIED,
        found.getModel(),
        found.getLabels().getOffset(),
        "%s differs in %s; %s, expected %s"
            .formatted(nextPlace, wrong(found, right), found.getOutcome(), right.getOutcome()));
  }

  /** The fields that differ. */
  static String wrong(Applied found, Applied right) {
    StringBuilder wrong = new StringBuilder();
    for (FieldDescriptor field : Applied.getDescriptor().getFields()) {
      if (!Objects.equals(found.getAllFields().get(field), right.getAllFields().get(field))) {
        wrong.append(wrong.isEmpty() ? "" : ", ").append(field.getName().replace('_', ' '));
      }
    }
    return wrong.toString();
  }

  /** Judges what is left when the input is at its end. */
  void finish() {
    while (record != null && record.offset() < range.committed()) {
      missing(record);
      nextRecord();
    }
    if (letters != null) {
      lettersCheck.finish(letters, range.committed());
    }
    if (commands != null) {
      commands.finish();
    }
  }

  @Override
  public void close() {
    if (records != null) {
      records.close();
    }
    applied.close();
    if (letters != null) {
      letters.close();
    }
    if (past != null) {
      past.close();
    }
    if (commands != null) {
      commands.close();
    }
  }

  private void missing(ConsumerRecord<byte[], byte[]> came) {
    if (range.appliedFrom() > 0 && !anyFound) {
      findings.notChecked(); // what was said of them is deleted
      return;
    }
    add(Kind.MISSING_APPLIED, "?", came.offset(), "nothing says what came of these labels");
  }

  private void add(Kind kind, String model, long offset, String detail) {
    findings.add(kind, model, labels, offset, detail);
  }
}
