package io.streamgrad.wire;

import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * The mark of a record of the input that came without a time stamp, on its way through the
 * topology. It counts as sent with the latest before it, which nobody knows who begins to read
 * later. The mark is a header that no record written by the service has.
 */
public final class UndatedRecord {
  private static final String MARK = "streamgrad.undated";
  private static final byte[] NOTHING = {};

  private UndatedRecord() {}

  /** Marks a record. */
  public static void mark(Headers headers) {
    headers.add(MARK, NOTHING);
  }

  /** Whether a record is marked. */
  public static boolean isMarked(Headers headers) {
    return headers.lastHeader(MARK) != null;
  }

  static boolean isMark(String name) {
    return name.equals(MARK);
  }

  /**
   * A record's headers as they came, or nearly: a producer's own header of the name is gone too.
   */
  static Headers withoutMark(Headers headers) {
    if (!isMarked(headers)) {
      return headers;
    }
    RecordHeaders came = new RecordHeaders();
    for (Header header : headers) {
      if (!isMark(header.key())) {
        came.add(header);
      }
    }
    return came;
  }
}
