package io.streamgrad.verify;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.MessageReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
    for (FieldDescriptor field : PredictionBatch.getDescriptor().getFields()) {
      if (!Objects.equals(found.getAllFields().get(field), comparable.getAllFields().get(field))) {
        wrong.add(name(field, found, expected));
      }
    }
    return "differs in %s; SHA-256 %s, expected %s"
        .formatted(
            wrong.isEmpty() ? "unknown fields" : String.join(", ", wrong),
            Hashes.sha256(found.toByteArray()),
            Hashes.sha256(comparable.toByteArray()));
  }

  private static String name(
      FieldDescriptor field, PredictionBatch found, PredictionBatch expected) {
    return switch (field.getNumber()) {
      case PredictionBatch.MODEL_FIELD_NUMBER -> "model \"%s\"".formatted(found.getModel());
      case PredictionBatch.MODEL_VERSION_FIELD_NUMBER ->
          "version %d, not %d".formatted(found.getModelVersion(), expected.getModelVersion());
      default -> field.getName().replace('_', ' ');
    };
  }
}
