package io.streamgrad.verify;

import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.MessageReader;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/** Predictions of a partition of the input: reads them, and says what is wrong with one. */
final class PredictionReader implements Outputs.Reader<PredictionBatch> {
  private final MessageReader<PredictionBatch> reader =
      new MessageReader<>(PredictionBatch.getDefaultInstance());
  private final Subject subject;

  /** A reader of what is about a subject. */
  PredictionReader(Subject subject) {
    this.subject = subject;
  }

  @Override
  public @Nullable Output<PredictionBatch> read(ConsumerRecord<byte[], byte[]> record)
      throws ForeignRecordException {
    PredictionBatch message;
    try {
      message = reader.deserialize(record.topic(), record.headers(), record.value());
    } catch (SerializationException e) {
      throw new ForeignRecordException("is no prediction: " + e.getMessage());
    }
    InputPosition input = message.getInput();
    return subject.covers(
            input.getTopic(), input.getPartition(), input.getOffset(), message.getModel())
        ? new Output<>(
            message.getModel(), input.getOffset(), message, record.serializedValueSize(), record)
        : null;
  }

  /**
   * Compares a prediction with the one that the weights make.
   *
   * @param expected with all probabilities, which the other may not have
   * @return what differs, with both hashes; null if nothing does
   */
  static @Nullable String difference(PredictionBatch found, PredictionBatch expected) {
    PredictionBatch comparable =
        found.getProbabilitiesCount() == 0
            ? expected.toBuilder().clearProbabilities().build()
            : expected;
    if (found.equals(comparable)) { // floats by their bits
      return null;
    }
    List<String> wrong = new ArrayList<>();
    if (!found.getModel().equals(expected.getModel())) {
      wrong.add("model \"%s\"".formatted(found.getModel()));
    }
    if (found.getModelVersion() != expected.getModelVersion()) {
      wrong.add(
          "version %d, not %d".formatted(found.getModelVersion(), expected.getModelVersion()));
    }
    check(found.getBatchId().equals(expected.getBatchId()), "batch id", wrong);
    check(found.getClassesList().equals(expected.getClassesList()), "classes", wrong);
    check(found.getConfidencesList().equals(expected.getConfidencesList()), "confidences", wrong);
    check(
        found.getProbabilitiesList().equals(comparable.getProbabilitiesList()),
        "probabilities",
        wrong);
    check(
        found.hasScore() == expected.hasScore() && found.getScore().equals(expected.getScore()),
        "score",
        wrong);
    return "differs in %s; SHA-256 %s, expected %s"
        .formatted(
            wrong.isEmpty() ? "unknown fields" : String.join(", ", wrong),
            Hashes.sha256(found.toByteArray()),
            Hashes.sha256(comparable.toByteArray()));
  }

  private static void check(boolean same, String what, List<String> wrong) {
    if (!same) {
      wrong.add(what);
    }
  }
}
