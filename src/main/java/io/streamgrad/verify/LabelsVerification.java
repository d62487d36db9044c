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
 * One partition of the labels topic, learned again and compared: each record takes effect at the
 * moment that the applied topic says, with the outcome that it says, or is a dead letter. One
 * thread.
 */
final class LabelsVerification implements AutoCloseable {
  private final MessageReader<Applied> reader = new MessageReader<>(Applied.getDefaultInstance());
  private final TopicPartition labels;
  private final LogCursor records;
  private final LogCursor applied;
  private final BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign;
  private final Replay replay;
  private final PastImages past;
  private final Findings findings;
  private final DeadLettersCheck lettersCheck;
  private final Outputs<String> letters;
  private final Queue<Applied> expected = new ArrayDeque<>(); // of labels that came early
  private @Nullable ConsumerRecord<byte[], byte[]> record; // the next one
  private @Nullable Applied next;
  private String nextPlace = "";

  /**
   * Begins with the first record that is there.
   *
   * @param records of the partition
   * @param applied what the service says of them, from before the first
   * @param foreign takes records that no service has written, and why they are none
   * @param past images that the replay reads again
   * @param start offset of the first record
   */
  LabelsVerification(
      TopicPartition labels,
      LogCursor records,
      LogCursor applied,
      Outputs<String> letters,
      BiConsumer<ConsumerRecord<byte[], byte[]>, String> foreign,
      Replay replay,
      PastImages past,
      long start,
      Findings findings) {
    this.labels = labels;
    this.records = records;
    this.applied = applied;
    this.letters = letters;
    this.foreign = foreign;
    this.replay = replay;
    this.past = past;
    this.findings = findings;
    lettersCheck = new DeadLettersCheck(labels, start, false, findings);
    nextRecord();
    nextApplied();
  }

  /** Reads on to the next record that is labels for a model that is looked at. */
  private void nextRecord() {
    record = null;
    while (record == null && records.hasNext()) {
      ConsumerRecord<byte[], byte[]> read = records.next();
      LabelsOutcome outcome = replay.labels(read);
      if (outcome == null) {
        lettersCheck.take(letters, read, null);
      } else {
        lettersCheck.take(
            letters, read, new Outcome(outcome.model(), false, false, null, outcome.bad()));
        record = outcome.bad() == null ? read : null;
        if (outcome.bad() != null) {
          findings.record();
        }
      }
    }
  }

  private void nextApplied() {
    next = null;
    while (next == null && applied.hasNext()) {
      ConsumerRecord<byte[], byte[]> read = applied.next();
      try {
        Applied message = reader.deserialize(read.topic(), read.headers(), read.value());
        boolean ours =
            message.getLabels().getTopic().equals(labels.topic())
                && message.getLabels().getPartition() == labels.partition();
        if (ours && replay.covers(message.getModel())) {
          next = message;
          nextPlace = Output.place(read);
        }
      } catch (SerializationException e) {
        foreign.accept(read, "does not say what came of labels: " + e.getMessage());
      }
    }
  }

  /**
   * The offset of the next labels that have not taken effect; {@link Long#MAX_VALUE} behind the
   * last.
   */
  long nextLabels() {
    return record == null ? Long.MAX_VALUE : record.offset();
  }

  /**
   * Takes the next labels, if they took effect before an images record.
   *
   * @return the model's name; null if they did not
   */
  @Nullable String takeBefore(long imagesOffset) {
    while (next != null && next.getImagesOffset() <= imagesOffset) {
      Applied found = next;
      ConsumerRecord<byte[], byte[]> came = record;
      long offset = found.getLabels().getOffset();
      if (came != null && came.offset() < offset) {
        missing(came);
        nextRecord();
      } else if (came == null || came.offset() > offset) {
        add(Kind.EXTRA_APPLIED, found.getModel(), offset, nextPlace + " is for no such record");
        nextApplied();
      } else {
        nextRecord();
        boolean deleted = found.getOutcome() == Applied.Outcome.IMAGES_DELETED;
        Applied right = replay.labels(came, found.getImagesOffset(), deleted);
        compare(found, right);
        if (deleted) {
          findings.notChecked();
        }
        nextApplied();
        return found.getModel();
      }
    }
    return null;
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

  private static String wrong(Applied found, Applied right) {
    StringBuilder wrong = new StringBuilder();
    for (FieldDescriptor field : Applied.getDescriptor().getFields()) {
      if (!Objects.equals(found.getAllFields().get(field), right.getAllFields().get(field))) {
        wrong.append(wrong.isEmpty() ? "" : ", ").append(field.getName().replace('_', ' '));
      }
    }
    return wrong.toString();
  }

  /**
   * Judges what is left when the input is at its end.
   *
   * @param committed offset of the labels topic up to which the service had processed all
   */
  void finish(long committed) {
    while (record != null && record.offset() < committed) {
      missing(record);
      nextRecord();
    }
    lettersCheck.finish(letters, committed);
  }

  @Override
  public void close() {
    records.close();
    applied.close();
    letters.close();
    past.close();
  }

  private void missing(ConsumerRecord<byte[], byte[]> came) {
    add(Kind.MISSING_APPLIED, "?", came.offset(), "nothing says what came of these labels");
  }

  private void add(Kind kind, String model, long offset, String detail) {
    findings.add(kind, model, labels, offset, detail);
  }
}
