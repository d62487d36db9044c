package io.streamgrad.wire;

import java.nio.ByteBuffer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * What a schema registry's serializer has put before a message. It is found by the record alone and
 * passed over; no registry is asked, since what becomes of a record may not depend on whether one
 * answers.
 *
 * <pre>
 *   00  id, 4 bytes, above 0        Confluent, Apicurio
 *   00  id, 8 bytes, below 2^32     Apicurio's Legacy8ByteIdHandler: the upper four bytes are 0
 *       type reference              Apicurio, Protobuf: length, 0a, length, the message's name
 *       message indexes             Protobuf: 00; or how many, 1 to 3, and each, as zigzag varints;
 *                                   or 01 and one index, as older serializers have it, no zigzag
 *       message
 * </pre>
 *
 * <p>Where the id is in the record's headers ({@code __value_schema_id}, {@code apicurio.value.*}),
 * the value has none and begins with what comes after it. A message in Protobuf begins with a byte
 * of 8 or above, a field's number and type, and so with none of these but the type reference, which
 * is looked for behind an id and where there are such headers.
 *
 * @param type of the message: JSON where it begins with a brace
 * @param offset of the message in the value
 * @param schema its id; -1 where that is in the headers
 */
record SchemaFrame(ContentType type, int offset, long schema) {
  private static final String CONFLUENT_HEADER = "__value_schema_id";
  private static final String APICURIO_HEADERS = "apicurio.value.";
  private static final String APICURIO_TYPE = "apicurio.value.msgType";

  private static final int LEAST_TAG = 8;
  private static final int MAX_INDEXES = 3;
  private static final int ONE_WITHOUT_ZIGZAG = 1;
  private static final int NAME_FIELD = 0x0a;

  /**
   * The frame of a value; null where there is none. Allocates nothing then, unless the value begins
   * as none of ours does.
   *
   * @param said Protobuf or JSON, as the headers say
   */
  static @Nullable SchemaFrame of(Headers headers, byte[] value, ContentType said) {
    if (value.length == 0 || !mayBegin(value, said)) {
      return null;
    }
    if (hasId(headers)) {
      return message(value, 0, said, -1);
    }
    return value[0] == 0 ? withId(value, said) : null;
  }

  /** Whether a header of this name says how a value is framed. */
  static boolean isHeader(String name) {
    return name.equals(CONFLUENT_HEADER) || name.startsWith(APICURIO_HEADERS);
  }

  /** Whether a frame, or what is left of it where the id is in the headers, may begin so. */
  private static boolean mayBegin(byte[] value, ContentType said) {
    return value[0] == 0
        || (said == ContentType.PROTOBUF
            && (value[0] == '{' || isIndexes(value[0]) || afterReference(value, 0) > 0));
  }

  private static @Nullable SchemaFrame withId(byte[] value, ContentType said) {
    if (value.length < 1 + Integer.BYTES) {
      return null;
    }
    long schema = Integer.toUnsignedLong(ByteBuffer.wrap(value).getInt(1));
    int offset = 1 + Integer.BYTES;
    if (schema == 0 && value.length >= 1 + Long.BYTES) {
      schema = ByteBuffer.wrap(value).getLong(1);
      offset = 1 + Long.BYTES;
    }
    return schema == 0 ? null : message(value, offset, said, schema);
  }

  private static SchemaFrame message(byte[] value, int from, ContentType said, long schema) {
    if (said == ContentType.JSON || (from < value.length && value[from] == '{')) {
      return new SchemaFrame(ContentType.JSON, from, schema);
    }
    int offset = Math.max(from, afterReference(value, from));
    return new SchemaFrame(said, afterIndexes(value, offset), schema);
  }

  /** What follows a type reference; 0 where there is none. */
  private static int afterReference(byte[] value, int from) {
    int name = from + 3;
    if (value.length < name
        || value[from + 1] != NAME_FIELD
        || value[from + 2] < 1
        || value[from] != value[from + 2] + 2) {
      return 0;
    }
    int end = name + value[from + 2];
    if (end > value.length) {
      return 0;
    }
    for (int i = name; i < end; i++) {
      if (!(Character.isLetterOrDigit(value[i]) || value[i] == '_' || value[i] == '.')) {
        return 0;
      }
    }
    return end;
  }

  private static boolean isIndexes(byte first) {
    return first >= 0 && first < LEAST_TAG && (first % 2 == 0 || first == ONE_WITHOUT_ZIGZAG);
  }

  /** What follows message indexes; the same place where there are none. */
  private static int afterIndexes(byte[] value, int from) {
    if (from >= value.length || !isIndexes(value[from])) {
      return from;
    }
    // 0 stands for one index, 0.
    int count = value[from] == ONE_WITHOUT_ZIGZAG ? 1 : value[from] / 2;
    if (count > MAX_INDEXES) {
      return from;
    }
    int at = from + 1;
    for (int i = 0; i < count; i++) {
      while (at < value.length && value[at] < 0) {
        at++;
      }
      at++;
    }
    return at <= value.length ? at : from;
  }

  private static boolean hasId(Headers headers) {
    for (Header header : headers) {
      String name = header.key();
      if (name.equals(CONFLUENT_HEADER)
          || (name.startsWith(APICURIO_HEADERS) && !name.equals(APICURIO_TYPE))) {
        return true;
      }
    }
    return false;
  }

  /** To be added to a reason. */
  String text() {
    return "; what a schema registry's serializer has put before it was passed over (%s)"
        .formatted(schema < 0 ? "the schema's id is in the headers" : "schema id " + schema);
  }
}
