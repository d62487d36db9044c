package io.streamgrad.verify;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * What was found so far: the disagreements, of which it keeps the first ones of each kind and
 * counts the rest, and notes what is no disagreement but has to be said. One thread.
 */
final class Findings {
  static final int KEPT_OF_A_KIND = 20;

  private final List<Disagreement> kept = new ArrayList<>();
  private final Map<Disagreement.Kind, Long> counts = new EnumMap<>(Disagreement.Kind.class);
  private final List<String> notes = new ArrayList<>();
  private long records;
  private long predictions;
  private long deadLetters;
  private long labels;
  private long repeated;
  private long notChecked;
  private long skipped;

  /**
   * Adds a disagreement.
   *
   * @param offset in the input; below 0 if it is not about one
   */
  void add(Disagreement.Kind kind, String model, TopicPartition input, long offset, String detail) {
    add(
        new Disagreement(
            kind, model, offset < 0 ? input.toString() : input + "@" + offset, detail));
  }

  /** Adds a record that the service has not written. */
  void foreign(ConsumerRecord<byte[], byte[]> record, String why) {
    add(new Disagreement(Disagreement.Kind.FOREIGN_RECORD, "?", Output.place(record), why));
  }

  private void add(Disagreement disagreement) {
    if (counts.merge(disagreement.kind(), 1L, Long::sum) <= KEPT_OF_A_KIND) {
      kept.add(disagreement);
    }
  }

  /** Adds something that a person should know to read the rest. */
  void note(String sentence) {
    notes.add(sentence);
  }

  /** Counts a record of the models looked at. */
  void record() {
    records++;
  }

  /** Counts a dead letter that is as it should be. */
  void deadLetter() {
    deadLetters++;
  }

  /** Counts what came of labels that is as it should be. */
  void labels() {
    labels++;
  }

  /** Counts an output that at-least-once processing has made again. */
  void repeated() {
    repeated++;
  }

  /** Counts an input that "streamgrad adopt" left out. */
  void skipped() {
    skipped++;
  }

  /** Counts an output that could not be judged. */
  void notChecked() {
    notChecked++;
  }

  List<Disagreement> kept() {
    return kept;
  }

  /** How many there are of each kind; those of which there are any. */
  Map<Disagreement.Kind, Long> counts() {
    return counts;
  }

  List<String> notes() {
    return notes;
  }

  long records() {
    return records;
  }

  /** A prediction that is as it should be, of whatever became of its model later. */
  void rightPrediction() {
    predictions++;
  }

  long predictions() {
    return predictions;
  }

  long deadLetters() {
    return deadLetters;
  }

  long labelRecords() {
    return labels;
  }

  long repeatedOutputs() {
    return repeated;
  }

  long inputsSkipped() {
    return skipped;
  }

  long outputsNotChecked() {
    return notChecked;
  }
}
