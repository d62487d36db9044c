package io.streamgrad.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Messages to values, with the header that says how they are written. JSON has every field that has
 * a value at all: a version 0 is one, and a score that there is none of is not.
 */
public final class MessageSerializer<T extends Message> implements Serializer<T> {
  private static final JsonFormat.Printer JSON =
      JsonFormat.printer().omittingInsignificantWhitespace().alwaysPrintFieldsWithNoPresence();

  private final ContentType type;

  /** Writes messages as this type. */
  public MessageSerializer(ContentType type) {
    this.type = type;
  }

  @Override
  public byte[] serialize(String topic, Headers headers, T message) {
    type.mark(headers);
    return serialize(topic, message);
  }

  @Override
  public byte[] serialize(String topic, T message) {
    if (type == ContentType.PROTOBUF) {
      return message.toByteArray();
    }
    try {
      return JSON.print(message).getBytes(StandardCharsets.UTF_8);
    } catch (InvalidProtocolBufferException e) {
      throw new SerializationException("not to be written as JSON", e);
    }
  }
}
