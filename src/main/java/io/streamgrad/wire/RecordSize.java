package io.streamgrad.wire;

import com.google.protobuf.CodedOutputStream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * What a record weighs on its way to a broker, alone in its batch and not compressed: what Kafka's
 * producer holds against {@code max.request.size}, and no less than what a broker holds against
 * {@code max.message.bytes}.
 */
public final class RecordSize {
  /** A batch of format 2. */
  private static final int BATCH_OVERHEAD = 61;

  /** Length, attributes, and time stamp and offset relative to the batch, at their longest. */
  private static final int RECORD_OVERHEAD = 21;

  private RecordSize() {}

  /** Of a record in bytes. */
  public static long of(byte @Nullable [] key, byte @Nullable [] value, Headers headers) {
    return of(key == null ? -1 : key.length, value == null ? -1 : value.length, headers);
  }

  /** Of a record with a key and a value of these lengths; -1 for none. */
  public static long of(int key, int value, Headers headers) {
    long size = (long) BATCH_OVERHEAD + RECORD_OVERHEAD + field(key) + field(value);
    int count = 0;
    for (Header header : headers) {
      size += field(Utils.utf8Length(header.key()));
      size += field(header.value() == null ? -1 : header.value().length);
      count++;
    }
    return size + varint(count);
  }

  private static long field(int length) {
    return varint(length) + Math.max(0L, length);
  }

  /** Kafka writes the numbers in a record as Protobuf writes an sint32. */
  private static int varint(int value) {
    return CodedOutputStream.computeSInt32SizeNoTag(value);
  }
}
