package io.streamgrad.wire;

import io.streamgrad.v1.InputPosition;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A bad record on its way to the dead-letter topic: key, value, headers and time stamp as they
 * came, and headers that say why, from where and when. Those that Kafka Streams' own dead letters
 * carry have its names ({@code __streams.errors.*}). What the topic does not take is left out,
 * first the value, then the headers, then the key, and a {@link Fingerprint} of it is there
 * instead.
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record DeadLetter(byte @Nullable [] key, byte @Nullable [] value, Headers headers) {
  private static final Headers NONE = new RecordHeaders();

  /**
   * The dead letter of a bad record.
   *
   * @param came the bad record's headers
   * @param timestamp of the bad record, in milliseconds
   * @param from where it lies
   * @param limit that the letter's {@link RecordSize} does not exceed, {@link #largest} or above
   */
  public static DeadLetter of(
      byte @Nullable [] key,
      byte @Nullable [] value,
      Headers came,
      long timestamp,
      InputPosition from,
      BadRecordException why,
      int limit) {
    Headers said = new RecordHeaders();
    add(said, DeadLetterHeaders.REASON, why.reason().text());
    add(said, DeadLetterHeaders.MESSAGE, String.valueOf(why.getMessage()));
    add(said, DeadLetterHeaders.TOPIC, from.getTopic());
    add(said, DeadLetterHeaders.PARTITION, Integer.toString(from.getPartition()));
    add(said, DeadLetterHeaders.OFFSET, Long.toString(from.getOffset()));
    add(said, DeadLetterHeaders.TIMESTAMP, Long.toString(timestamp));

    byte[] keptKey = key;
    byte[] keptValue = value;
    Headers kept = UndatedRecord.withoutMark(came);
    if (keptValue != null && RecordSize.of(keptKey, keptValue, both(kept, said)) > limit) {
      Fingerprint.of(keptValue).addTo(said, Fingerprint.VALUE);
      keptValue = null;
    }
    if (RecordSize.of(keptKey, keptValue, both(kept, said)) > limit) {
      Fingerprint.of(kept).addTo(said, Fingerprint.HEADERS);
      kept = NONE;
    }
    if (keptKey != null && RecordSize.of(keptKey, keptValue, both(kept, said)) > limit) {
      Fingerprint.of(keptKey).addTo(said, Fingerprint.KEY);
      keptKey = null;
    }
    return new DeadLetter(keptKey, keptValue, both(kept, said));
  }

  /** The bad record that a dead letter's headers say it is. */
  public static InputPosition input(Headers letter) {
    return InputPositions.of(
        text(letter, DeadLetterHeaders.TOPIC),
        Integer.parseInt(text(letter, DeadLetterHeaders.PARTITION)),
        Long.parseLong(text(letter, DeadLetterHeaders.OFFSET)));
  }

  private static String text(Headers letter, String name) {
    return new String(letter.lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  /** The largest that a dead letter without value and headers, but with a model's name, can be. */
  public static long largest(String topic) {
    Headers said = new RecordHeaders();
    add(said, DeadLetterHeaders.REASON, longest(BadRecordException.Reason.values()));
    add(said, DeadLetterHeaders.MESSAGE, "\uffff".repeat(BadRecordException.MAX_MESSAGE_CHARS));
    add(said, DeadLetterHeaders.TOPIC, topic);
    add(said, DeadLetterHeaders.PARTITION, Integer.toString(Integer.MAX_VALUE));
    add(said, DeadLetterHeaders.OFFSET, Long.toString(Long.MAX_VALUE));
    add(said, DeadLetterHeaders.TIMESTAMP, Long.toString(Long.MAX_VALUE));
    Fingerprint most = new Fingerprint(Long.MAX_VALUE, Fingerprint.of(new byte[0]).sha256());
    most.addTo(said, Fingerprint.VALUE);
    most.addTo(said, Fingerprint.HEADERS);
    most.addTo(said, Fingerprint.KEY);
    return RecordSize.of(ModelName.MAX_BYTES, -1, said);
  }

  private static String longest(BadRecordException.Reason[] reasons) {
    return Arrays.stream(reasons)
        .map(BadRecordException.Reason::text)
        .max(Comparator.comparingInt(String::length))
        .orElseThrow();
  }

  private static Headers both(Headers came, Headers said) {
    Headers all = new RecordHeaders(came);
    said.forEach(all::add);
    return all;
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
