package io.streamgrad.wire;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** How a record's value is written. */
public enum ContentType {
  PROTOBUF("application/x-protobuf"),
  JSON("application/json");

  /** The record header that says so. */
  public static final String HEADER = "content-type";

  private final String text;

  ContentType(String text) {
    this.text = text;
  }

  /** Says so in a record's headers, replacing what was said before. */
  public void mark(Headers headers) {
    headers.remove(HEADER);
    headers.add(HEADER, text.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * What a record's headers say; Protobuf where they say nothing. Parameters (";charset=utf-8") are
   * ignored.
   *
   * @throws BadRecordException if they name another type
   */
  public static ContentType of(Headers headers) throws BadRecordException {
    Header header = headers.lastHeader(HEADER);
    if (header == null || header.value() == null) {
      return PROTOBUF;
    }
    String said = new String(header.value(), StandardCharsets.UTF_8);
    String type = said.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    for (ContentType known : values()) {
      if (known.text.equals(type)) {
        return known;
      }
    }
    throw new BadRecordException(
        BadRecordException.Reason.UNKNOWN_CONTENT_TYPE,
        "content-type is \"%s\"; must be %s or %s"
            .formatted(Texts.shortened(said), PROTOBUF.text, JSON.text));
  }
}
