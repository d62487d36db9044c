package io.streamgrad.wire;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a dead letter, which say why the record is one and where it lay. Those that Kafka
 * Streams' own dead letters carry have its names ({@code __streams.errors.*}).
 */
public final class DeadLetterHeaders {
  /** {@link BadRecordException.Reason#text()}. */
  public static final String REASON = "streamgrad.error.reason";

  /** The bad record's time stamp, in milliseconds. */
  public static final String TIMESTAMP = "streamgrad.error.timestamp";

  /** What is wrong, for a person. */
  public static final String MESSAGE = "__streams.errors.message";

  /** The topic that the bad record lies in. */
  public static final String TOPIC = "__streams.errors.topic";

  /** The partition that the bad record lies in. */
  public static final String PARTITION = "__streams.errors.partition";

  /** The offset of the bad record. */
  public static final String OFFSET = "__streams.errors.offset";

  private DeadLetterHeaders() {}

  /**
   * A header's text. The last one of a name counts: a record may have come with headers of the same
   * names, and the service adds its own at the end.
   *
   * @return null if there is no such header, or it has no value
   */
  public static @Nullable String text(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }
}
