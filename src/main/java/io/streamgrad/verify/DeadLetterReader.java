package io.streamgrad.verify;

import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.ModelName;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** Dead letters from one partition of the input: reads them, and says what is wrong with one. */
final class DeadLetterReader implements Outputs.Reader<String> {
  private final TopicPartition input;
  private final String defaultModel;
  private final Predicate<String> models;

  /** For these models. */
  DeadLetterReader(TopicPartition input, String defaultModel, Predicate<String> models) {
    this.input = input;
    this.defaultModel = defaultModel;
    this.models = models;
  }

  /** A dead letter's content is the reason it gives. */
  @Override
  public @Nullable Output<String> read(ConsumerRecord<byte[], byte[]> record) {
    String model = model(record.key());
    String offset = header(record, "__streams.errors.offset");
    if (!models.test(model)
        || !input.topic().equals(header(record, "__streams.errors.topic"))
        || !Integer.toString(input.partition()).equals(header(record, "__streams.errors.partition"))
        || !offset.matches("\\d{1,18}")) {
      return null;
    }
    return new Output<>(
        model, Long.parseLong(offset), header(record, "streamgrad.error.reason"), record);
  }

  /**
   * Compares a dead letter with the bad record.
   *
   * @return what differs, with both hashes; null if nothing does
   */
  static @Nullable String difference(
      Output<String> found, ConsumerRecord<byte[], byte[]> bad, BadRecordException why) {
    if (!found.content().equals(why.reason().text())) {
      return "reason %s, expected %s".formatted(found.content(), why.reason().text());
    }
    boolean same =
        Arrays.equals(found.record().key(), bad.key())
            && Arrays.equals(found.record().value(), bad.value());
    return same
        ? null
        : "differs from the record; SHA-256 of the value %s, expected %s"
            .formatted(Hashes.sha256(found.record().value()), Hashes.sha256(bad.value()));
  }

  private String model(byte @Nullable [] key) {
    try {
      return ModelName.of(key, defaultModel);
    } catch (BadRecordException e) {
      return "?";
    }
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? ""
        : new String(header.value(), StandardCharsets.UTF_8);
  }
}
