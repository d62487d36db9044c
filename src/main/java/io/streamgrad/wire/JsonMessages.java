package io.streamgrad.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads Protobuf's JSON mapping, of JSON as RFC 8259 has it and nothing more: one object in UTF-8,
 * each name once. Fields go by their JSON names or those in the .proto, {@code null} is a field's
 * default, and what no field takes is ignored, but held to the same rules (docs/decisions/0019).
 *
 * <p>What comes of a value depends on its bytes alone. Maps and Protobuf's well-known types are not
 * read; the messages have none.
 */
final class JsonMessages {
  private static final int MAX_DEPTH = 100; // as Protobuf's parsers have it

  private static final int MAX_MESSAGE = 300;

  /** What Jackson says to those who call it. */
  private static final Pattern ADVICE =
      Pattern.compile(
          ": enable `[^`]*` to allow|, from `[^`]*`| \\((not recognized as one since|start marker"
              + " at) .*\\)");

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // A table of all names ever seen would be the producers' to fill.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE) // the value is in memory already
                  .maxNumberLength(JsonScalars.MAX_NUMBER_LENGTH)
                  .build())
          .build();

  private static final Map<Descriptor, Map<String, FieldDescriptor>> FIELDS =
      new ConcurrentHashMap<>();

  private JsonMessages() {}

  /**
   * Reads a value.
   *
   * @param message a new builder, to be filled
   * @return the same builder
   * @throws BadRecordException if the value is not such a message in JSON; says what is wrong, and
   *     where
   */
  static <B extends Message.Builder> B read(byte[] value, B message) throws BadRecordException {
    String type = message.getDescriptorForType().getName();
    CharBuffer text = text(value, type);
    try (JsonParser json = JSON.createParser(text.array(), text.arrayOffset(), text.remaining())) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw JsonScalars.error(json, "the value must be an object");
      }
      readFields(json, message);
      if (json.nextToken() != null) {
        throw JsonScalars.error(json, "there is more after the object");
      }
      return message;
    } catch (JsonProcessingException e) {
      throw unreadable(type, e.getOriginalMessage(), e.getLocation());
    } catch (IOException e) {
      throw new IllegalStateException("an array does no I/O", e);
    }
  }

  private static CharBuffer text(byte[] value, String type) throws BadRecordException {
    ByteBuffer in = ByteBuffer.wrap(value);
    CharBuffer out = CharBuffer.allocate(value.length); // a byte is one character at most
    if (StandardCharsets.UTF_8.newDecoder().decode(in, out, true).isError()) {
      throw unreadable(type, "byte %d is not UTF-8".formatted(in.position()), null);
    }
    out.flip();
    if (out.hasRemaining() && out.charAt(0) == '\ufeff') {
      throw unreadable(type, "it begins with a byte order mark", null);
    }
    return out;
  }

  private static void readFields(JsonParser json, Message.Builder message) throws IOException {
    Map<String, FieldDescriptor> fields = fields(message.getDescriptorForType());
    Map<FieldDescriptor, String> seen = new HashMap<>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      FieldDescriptor field = fields.get(name);
      if (field == null) {
        skip(json);
        continue;
      }
      String before = seen.put(field, name);
      if (before != null) {
        throw JsonScalars.error(json, "%s and %s are the same field".formatted(before, name));
      }
      if (json.nextToken() != JsonToken.VALUE_NULL) {
        readField(json, field, message);
      }
    }
  }

  private static void readField(JsonParser json, FieldDescriptor field, Message.Builder message)
      throws IOException {
    if (!field.isRepeated()) {
      Object value = value(json, field, message);
      if (value != null) {
        message.setField(field, value);
      }
      return;
    }
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw JsonScalars.mismatch(json, field, "an array");
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      Object value = value(json, field, message);
      if (value != null) {
        message.addRepeatedField(field, value);
      }
    }
  }

  /** Null for an enum's value that this version does not know. */
  private static @Nullable Object value(
      JsonParser json, FieldDescriptor field, Message.Builder parent) throws IOException {
    if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      return JsonScalars.read(json, field);
    }
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw JsonScalars.mismatch(json, field, "an object");
    }
    Message.Builder message = parent.newBuilderForField(field);
    readFields(json, message);
    return message.build();
  }

  /** Reads over a field, from its name on, that no field of the message is. */
  private static void skip(JsonParser json) throws IOException {
    int depth = 0;
    JsonToken token = JsonToken.FIELD_NAME;
    do {
      if (token == JsonToken.FIELD_NAME) {
        JsonScalars.text(json);
        token = json.nextToken();
      }
      if (token == JsonToken.VALUE_STRING) {
        JsonScalars.text(json);
      }
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    } while (depth > 0 && (token = json.nextToken()) != null);
  }

  private static Map<String, FieldDescriptor> fields(Descriptor type) {
    return FIELDS.computeIfAbsent(
        type,
        t -> {
          Map<String, FieldDescriptor> byName = new HashMap<>();
          for (FieldDescriptor field : t.getFields()) {
            byName.put(field.getName(), field);
            byName.put(field.getJsonName(), field);
          }
          return byName;
        });
  }

  private static BadRecordException unreadable(
      String type, String what, @Nullable JsonLocation where) {
    return new BadRecordException(
        BadRecordException.Reason.UNREADABLE,
        "the value is not a valid %s in JSON: %s%s"
            .formatted(
                type,
                Texts.shortened(ADVICE.matcher(what).replaceAll(""), MAX_MESSAGE),
                where == null
                    ? ""
                    : ", at line %d, column %d".formatted(where.getLineNr(), where.getColumnNr())));
  }
}
