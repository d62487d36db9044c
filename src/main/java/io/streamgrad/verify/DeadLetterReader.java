package io.streamgrad.verify;

import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.Fingerprint;
import io.streamgrad.wire.ModelName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
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
    boolean keyLeftOut = Fingerprint.sizeOf(record.headers(), Fingerprint.KEY) != null;
    // No model's name is so long that it would be left out.
    String model = keyLeftOut && record.key() == null ? "?" : model(record.key());
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
    List<String> wrong = new ArrayList<>();
    Headers said = found.record().headers();
    check(sameOrLeftOut(found.record().key(), bad.key(), said, Fingerprint.KEY), "key", wrong);
    check(
        sameOrLeftOut(found.record().value(), bad.value(), said, Fingerprint.VALUE),
        "value",
        wrong);
    check(
        begins(said, bad.headers())
            || Fingerprint.of(bad.headers()).isIn(said, Fingerprint.HEADERS),
        "headers",
        wrong);
    return wrong.isEmpty()
        ? null
        : "differs from the record in %s; SHA-256 of the value %s, expected %s"
            .formatted(
                String.join(", ", wrong),
                Hashes.sha256(found.record().value()),
                Hashes.sha256(bad.value()));
  }

  private static void check(boolean same, String what, List<String> wrong) {
    if (!same) {
      wrong.add(what);
    }
  }

  /** Whether a part is as it came, or was left out and the dead letter says so. */
  private static boolean sameOrLeftOut(
      byte @Nullable [] found, byte @Nullable [] bad, Headers said, String part) {
    return Arrays.equals(found, bad)
        || (found == null && bad != null && Fingerprint.of(bad).isIn(said, part));
  }

  /** Whether the record's headers are the first ones of its dead letter. */
  private static boolean begins(Headers letter, Headers bad) {
    Header[] all = letter.toArray();
    Header[] first = bad.toArray();
    return all.length >= first.length && Arrays.equals(Arrays.copyOf(all, first.length), first);
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
