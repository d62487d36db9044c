package io.streamgrad.wire;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;

/**
 * The headers of a record of the input that come back on what is said of it, {@code traceparent}
 * among them: all but those that say what the value is, in their order, as long as they fit.
 */
public final class ReturnedHeaders {
  /** So many bytes at most, names and values and {@link #OVERHEAD} each. */
  public static final int MAX_BYTES = 4096;

  /** The lengths of a name and a value in a record, at their longest. */
  private static final int OVERHEAD = 2 * 3;

  private ReturnedHeaders() {}

  /** Those of a record; a copy. */
  public static Headers of(Headers came) {
    RecordHeaders returned = new RecordHeaders();
    int left = MAX_BYTES;
    for (Header header : came) {
      int value = header.value() == null ? 0 : header.value().length;
      int bytes = OVERHEAD + Utils.utf8Length(header.key()) + value;
      if (bytes <= left && !isOfValue(header.key())) {
        returned.add(header);
        left -= bytes;
      }
    }
    return returned;
  }

  /** Consumers would take what is sent back for a value of that kind. */
  private static boolean isOfValue(String name) {
    return name.equalsIgnoreCase(ContentType.HEADER)
        || SchemaFrame.isHeader(name)
        || UndatedRecord.isMark(name);
  }
}
