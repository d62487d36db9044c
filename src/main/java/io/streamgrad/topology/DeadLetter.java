package io.streamgrad.topology;

import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DeadLetterHeaders;
import io.streamgrad.wire.Fingerprint;
import io.streamgrad.wire.ModelName;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * A bad record on its way to the dead-letter topic: key, value, headers and time stamp as they
 * came, and headers that say why, from where and when. Those that Kafka Streams' own dead letters
 * carry have its names ({@code __streams.errors.*}). What the topic does not take is left out,
 * first the value, then the headers, then the key, and a {@link Fingerprint} of it is there
 * instead.
 */
final class DeadLetter {
  private static final Headers NONE = new RecordHeaders();

  private DeadLetter() {}

  /**
   * The dead letter of a bad record.
   *
   * @param limit that its {@link RecordSize} does not exceed, {@link #largest} or above
   */
  static Record<byte[], byte[]> of(
      Record<byte[], byte[]> bad, RecordMetadata from, BadRecordException why, int limit) {
    Headers said = new RecordHeaders();
    add(said, DeadLetterHeaders.REASON, why.reason().text());
    add(said, DeadLetterHeaders.MESSAGE, String.valueOf(why.getMessage()));
    add(said, DeadLetterHeaders.TOPIC, from.topic());
    add(said, DeadLetterHeaders.PARTITION, Integer.toString(from.partition()));
    add(said, DeadLetterHeaders.OFFSET, Long.toString(from.offset()));
    add(said, DeadLetterHeaders.TIMESTAMP, Long.toString(bad.timestamp()));

    byte[] key = bad.key();
    byte[] value = bad.value();
    Headers came = bad.headers();
    if (value != null && RecordSize.of(key, value, both(came, said)) > limit) {
      Fingerprint.of(value).addTo(said, Fingerprint.VALUE);
      value = null;
    }
    if (RecordSize.of(key, value, both(came, said)) > limit) {
      Fingerprint.of(came).addTo(said, Fingerprint.HEADERS);
      came = NONE;
    }
    if (key != null && RecordSize.of(key, value, both(came, said)) > limit) {
      Fingerprint.of(key).addTo(said, Fingerprint.KEY);
      key = null;
    }
    return new Record<>(key, value, bad.timestamp(), both(came, said));
  }

  /** The bad record that a dead letter's headers say it is. */
  static InputPosition input(Headers letter) {
    return InputPosition.newBuilder()
        .setTopic(text(letter, DeadLetterHeaders.TOPIC))
        .setPartition(Integer.parseInt(text(letter, DeadLetterHeaders.PARTITION)))
        .setOffset(Long.parseLong(text(letter, DeadLetterHeaders.OFFSET)))
        .build();
  }

  private static String text(Headers letter, String name) {
    return new String(letter.lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  /** The largest that a dead letter without value and headers, but with a model's name, can be. */
  static long largest(String topic) {
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
