package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamgrad.config.TopicsConfig;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DeadLetterHeaders;
import io.streamgrad.wire.MessageReader;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/** What the service has answered to a demo's batches, among all that lies in its topics. */
final class DemoAnswers {
  private final TopicsConfig topics;
  private final String model;
  private final String ids;
  private final MessageReader<PredictionBatch> predictions =
      new MessageReader<>(PredictionBatch.getDefaultInstance());
  private final MessageReader<Applied> applied = new MessageReader<>(Applied.getDefaultInstance());
  private final MessageReader<ImageBatch> batches =
      new MessageReader<>(ImageBatch.getDefaultInstance());

  /**
   * The answers to batches of a model.
   *
   * @param ids what their ids begin with
   */
  DemoAnswers(TopicsConfig topics, String model, String ids) {
    this.topics = topics;
    this.model = model;
    this.ids = ids;
  }

  /**
   * Reads a record of the predictions or of the dead letters.
   *
   * @return null if it is no answer to one of the batches
   * @throws IllegalStateException if one of the batches is a dead letter; says why
   */
  @Nullable PredictionBatch read(ConsumerRecord<byte[], byte[]> record) {
    try {
      if (record.topic().equals(topics.deadLetters())) {
        requireOthers(record);
        return null;
      }
      if (record.topic().equals(topics.applied())) {
        return null;
      }
      PredictionBatch prediction =
          predictions.deserialize(record.topic(), record.headers(), record.value());
      return prediction.getBatchId().startsWith(ids) ? prediction : null;
    } catch (SerializationException e) {
      return null; // somebody else's, of whatever kind
    }
  }

  /**
   * Reads a record of the applied topic, of the predictions or of the dead letters.
   *
   * @return null if it does not say that labels of one of the batches were learned from
   * @throws IllegalStateException if they could not be; says why
   */
  @Nullable Applied readApplied(ConsumerRecord<byte[], byte[]> record) {
    try {
      if (record.topic().equals(topics.deadLetters())) {
        requireOthers(record);
        return null;
      }
      if (record.topic().equals(topics.predictions())) {
        return null; // made before the labels came
      }
      Applied came = applied.deserialize(record.topic(), record.headers(), record.value());
      if (!came.getBatchId().startsWith(ids)) {
        return null;
      }
      if (came.getOutcome() != Applied.Outcome.LEARNED) {
        throw new IllegalStateException(
            "the service can't use the labels of a batch: %s".formatted(came.getOutcome()));
      }
      return came;
    } catch (SerializationException e) {
      return null; // somebody else's, of whatever kind
    }
  }

  private void requireOthers(ConsumerRecord<byte[], byte[]> letter) {
    if (isOurs(letter)) {
      throw new IllegalStateException(
          "the service can't use a batch, which is a dead letter now (%s): %s"
              .formatted(
                  DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.REASON),
                  DeadLetterHeaders.text(letter.headers(), DeadLetterHeaders.MESSAGE)));
    }
  }

  /** What is too large for the dead letters is left out there: then its key has to do. */
  private boolean isOurs(ConsumerRecord<byte[], byte[]> letter) {
    return letter.value() == null
        ? Arrays.equals(letter.key(), model.getBytes(UTF_8))
        : batches
            .deserialize(letter.topic(), letter.headers(), letter.value())
            .getBatchId()
            .startsWith(ids);
  }
}
