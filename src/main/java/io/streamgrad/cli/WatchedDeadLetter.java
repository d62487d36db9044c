package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamgrad.wire.DeadLetterHeaders;
import io.streamgrad.wire.Fingerprint;
import java.util.Base64;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** How a dead letter is read: whatever its record was, and what the service's headers say of it. */
final class WatchedDeadLetter {
  private WatchedDeadLetter() {}

  static WatchedRecord of(ConsumerRecord<byte[], byte[]> letter) {
    String offset = header(letter, DeadLetterHeaders.OFFSET);
    return new WatchedRecord(
        letter.key() == null ? "" : new String(letter.key(), UTF_8),
        offset.matches("\\d{1,18}") ? Long.parseLong(offset) : -1,
        () -> line(letter),
        () -> json(letter));
  }

  private static String line(ConsumerRecord<byte[], byte[]> letter) {
    return "%s  %s-%s@%s  key %s, %s%s: %s"
        .formatted(
            header(letter, DeadLetterHeaders.REASON),
            header(letter, DeadLetterHeaders.TOPIC),
            header(letter, DeadLetterHeaders.PARTITION),
            header(letter, DeadLetterHeaders.OFFSET),
            key(letter),
            value(letter),
            Fingerprint.sizeOf(letter.headers(), Fingerprint.HEADERS) == null
                ? ""
                : ", headers left out",
            header(letter, DeadLetterHeaders.MESSAGE));
  }

  private static String key(ConsumerRecord<byte[], byte[]> letter) {
    if (letter.key() != null) {
      return new String(letter.key(), UTF_8);
    }
    String size = Fingerprint.sizeOf(letter.headers(), Fingerprint.KEY);
    return size == null ? "none" : "of %s bytes left out".formatted(size);
  }

  private static String value(ConsumerRecord<byte[], byte[]> letter) {
    if (letter.value() != null) {
      return letter.value().length + " bytes";
    }
    String size = Fingerprint.sizeOf(letter.headers(), Fingerprint.VALUE);
    return size == null ? "no value" : size + " bytes left out";
  }

  private static String json(ConsumerRecord<byte[], byte[]> letter) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("key", base64(letter.key()));
    json.put("value", base64(letter.value()));
    ObjectNode headers = json.putObject("headers");
    for (Header header : letter.headers()) {
      headers.put(header.key(), header.value() == null ? null : new String(header.value(), UTF_8));
    }
    return json.toString();
  }

  private static @Nullable String base64(byte @Nullable [] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }

  private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
    String text = DeadLetterHeaders.text(letter.headers(), name);
    return text == null ? "?" : text;
  }
}
