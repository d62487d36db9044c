package io.streamgrad.verify;

import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DeadLetterHeaders;
import io.streamgrad.wire.Fingerprint;
import io.streamgrad.wire.ModelName;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Dead letters from one partition of the input: reads them, and says what is wrong with one. */
final class DeadLetterReader implements Outputs.Reader<String> {
  private final Subject subject;
  private final String defaultModel;

  /**
   * A reader of what is about a subject.
   *
   * @param defaultModel the model of a record without a key
   */
  DeadLetterReader(Subject subject, String defaultModel) {
    this.subject = subject;
    this.defaultModel = defaultModel;
  }

  /** A dead letter's content is the reason it gives. */
  @Override
  public @Nullable Output<String> read(ConsumerRecord<byte[], byte[]> record)
      throws ForeignRecordException {
    String reason = header(record, DeadLetterHeaders.REASON);
    String topic = header(record, DeadLetterHeaders.TOPIC);
    String partition = header(record, DeadLetterHeaders.PARTITION);
    String offset = header(record, DeadLetterHeaders.OFFSET);
    if (!partition.matches("\\d{1,10}") || !offset.matches("\\d{1,18}")) {
      throw new ForeignRecordException(
          "is no dead letter of Streamgrad: its headers %s and %s are not numbers"
              .formatted(DeadLetterHeaders.PARTITION, DeadLetterHeaders.OFFSET));
    }
    boolean keyLeftOut = Fingerprint.sizeOf(record.headers(), Fingerprint.KEY) != null;
    // No model's name is so long that it would be left out.
    String model = keyLeftOut && record.key() == null ? "?" : model(record.key());
    long inputOffset = Long.parseLong(offset);
    int bytes = Math.max(0, record.serializedValueSize()); // -1 without a value
    return subject.covers(topic, Long.parseLong(partition), inputOffset, model)
        ? new Output<>(model, inputOffset, reason, bytes, record)
        : null;
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

  private static String header(ConsumerRecord<byte[], byte[]> record, String name)
      throws ForeignRecordException {
    String text = DeadLetterHeaders.text(record.headers(), name);
    if (text == null) {
      throw new ForeignRecordException("is no dead letter of Streamgrad: it has no header " + name);
    }
    return text;
  }
}
