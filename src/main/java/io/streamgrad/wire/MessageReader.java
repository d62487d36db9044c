package io.streamgrad.wire;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/** Values of the output topics to messages, whichever way their header says they are written. */
public final class MessageReader<T extends Message> implements Deserializer<T> {
  private final T prototype;

  /** Reads messages of the prototype's type. */
  public MessageReader(T prototype) {
    this.prototype = prototype;
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
      Message.Builder message = prototype.newBuilderForType();
      if (ContentType.of(headers) == ContentType.JSON) {
        JsonFormat.parser().merge(new String(value, StandardCharsets.UTF_8), message);
      } else {
        message.mergeFrom(value);
      }
      return (T) message.build();
    } catch (BadRecordException | InvalidProtocolBufferException e) {
      throw new SerializationException(
          "not a %s: %s".formatted(prototype.getDescriptorForType().getName(), e.getMessage()), e);
    }
  }
}
