package io.streamgrad.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.wire.BadRecordException.Reason;
import java.io.IOException;
import java.util.Arrays;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Values of the topics that the service reads to messages, whichever way their header says they are
 * written. What a later version has added to them is left out. Thread-safe.
 */
final class InputReader<T extends Message> {
  private final T prototype;
  private final Parser<T> protobuf;

  /** Reads messages of the prototype's type. */
  @SuppressWarnings("unchecked") // a prototype's parser gives its type
  InputReader(T prototype) {
    this.prototype = prototype;
    protobuf = DiscardUnknownFieldsParser.wrap((Parser<T>) prototype.getParserForType());
  }

  /**
   * Reads a value.
   *
   * @return the message; its bytes may be those of the value, and not a copy
   * @throws BadRecordException if it is not such a message: it says what the value looks like
   */
  T read(Headers headers, byte @Nullable [] value) throws BadRecordException {
    ContentType type = ContentType.of(headers);
    if (!type.isMessage()) {
      throw new BadRecordException(
          Reason.UNKNOWN_CONTENT_TYPE,
          "content-type is %s, which only images may be; this is a %s, in Protobuf or JSON"
              .formatted(type.text(), prototype.getDescriptorForType().getName()));
    }
    return read(type, headers, value);
  }

  /**
   * As {@link #read(Headers, byte[])}, of what the headers say.
   *
   * @param said Protobuf or JSON
   */
  @SuppressWarnings("unchecked") // a prototype's builder builds its type
  T read(ContentType said, Headers headers, byte @Nullable [] value) throws BadRecordException {
    if (value == null) {
      throw new BadRecordException(Reason.UNREADABLE, "the record has no value");
    }
    SchemaFrame frame = SchemaFrame.of(headers, value, said);
    int offset = frame == null ? 0 : frame.offset();
    ContentType type = frame == null ? said : frame.type();
    try {
      return type == ContentType.JSON
          ? (T) JsonMessages.read(from(value, offset), prototype.newBuilderForType()).build()
          : protobuf(value, offset);
    } catch (BadRecordException e) {
      throw new BadRecordException(
          e.reason(), e.getMessage() + (frame == null ? Appearance.of(value, said) : frame.text()));
    }
  }

  private static byte[] from(byte[] value, int offset) {
    return offset == 0 ? value : Arrays.copyOfRange(value, offset, value.length);
  }

  private T protobuf(byte[] value, int offset) throws BadRecordException {
    try {
      CodedInputStream in =
          UnsafeByteOperations.unsafeWrap(value, offset, value.length - offset).newCodedInput();
      in.enableAliasing(true);
      return protobuf.parseFrom(in);
    } catch (IOException e) {
      throw new BadRecordException(
          Reason.UNREADABLE,
          "the value is not a valid %s in Protobuf: %s"
              .formatted(
                  prototype.getDescriptorForType().getName(),
                  String.valueOf(e.getMessage()).replaceFirst("\\.$", "")));
    }
  }
}
