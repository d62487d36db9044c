package io.streamgrad.topology;

import io.streamgrad.wire.BadRecordException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;

/**
 * A bad record on its way to the dead-letter topic: key, value, headers and time stamp as they
 * came, and headers that say why, from where and when. Those that Kafka Streams' own dead letters
 * carry have its names ({@code __streams.errors.*}).
 */
final class DeadLetter {
  static final String REASON = "streamgrad.error.reason";
  static final String TIMESTAMP = "streamgrad.error.timestamp";
  static final String MESSAGE = "__streams.errors.message";
  static final String TOPIC = "__streams.errors.topic";
  static final String PARTITION = "__streams.errors.partition";
  static final String OFFSET = "__streams.errors.offset";

  private DeadLetter() {}

  static Record<byte[], byte[]> of(
      Record<byte[], byte[]> bad, RecordMetadata from, BadRecordException why) {
    Headers headers = new RecordHeaders(bad.headers());
    add(headers, REASON, why.reason().text());
    add(headers, MESSAGE, String.valueOf(why.getMessage()));
    add(headers, TOPIC, from.topic());
    add(headers, PARTITION, Integer.toString(from.partition()));
    add(headers, OFFSET, Long.toString(from.offset()));
    add(headers, TIMESTAMP, Long.toString(bad.timestamp()));
    return bad.withHeaders(headers);
  }

  private static void add(Headers headers, String name, String value) {
    headers.add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
