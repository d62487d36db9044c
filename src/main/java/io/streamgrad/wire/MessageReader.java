package io.streamgrad.wire;

import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Values of the output topics to messages, whichever way their header says they are written. What a
 * later version has added to them is left out.
 */
public final class MessageReader<T extends Message> implements Deserializer<T> {
  private final T prototype;
  private final Parser<T> protobuf;

  /** Reads messages of the prototype's type. */
  @SuppressWarnings("unchecked") // a prototype's parser gives its type
  public MessageReader(T prototype) {
    this.prototype = prototype;
    protobuf = DiscardUnknownFieldsParser.wrap((Parser<T>) prototype.getParserForType());
  }

  @Override
  public T deserialize(String topic, byte[] value) {
    throw new SerializationException("a record's headers say how its value is written");
  }

  @Override
  @SuppressWarnings("unchecked") // a prototype's builder builds its type
  public T deserialize(String topic, Headers headers, byte @Nullable [] value) {
    if (value == null) {
      throw new SerializationException(
          "not a " + prototype.getDescriptorForType().getName() + ": there is no value");
    }
    try {
      ContentType type = ContentType.of(headers);
      if (!type.isMessage()) {
        throw new SerializationException(
            "not a %s: content-type is %s"
                .formatted(prototype.getDescriptorForType().getName(), type.text()));
      }
      return type == ContentType.JSON
          ? (T) JsonMessages.read(value, prototype.newBuilderForType()).build()
          : protobuf.parseFrom(value);
    } catch (BadRecordException | InvalidProtocolBufferException e) {
      throw new SerializationException(
          "not a %s: %s".formatted(prototype.getDescriptorForType().getName(), e.getMessage()), e);
    }
  }
}
