package io.streamgrad.wire;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** JSON's tokens to the values of Protobuf's fields, as Protobuf's JSON mapping has them. */
final class JsonScalars {
  /** Digits that say nothing to any field are not worth the time to read them. */
  static final int MAX_NUMBER_LENGTH = 1000;

  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
  private static final Map<String, Double> NOT_FINITE =
      Map.of(
          "NaN", Double.NaN,
          "Infinity", Double.POSITIVE_INFINITY,
          "-Infinity", Double.NEGATIVE_INFINITY);
  private static final int MAX_WHOLE_DIGITS = 20; // of 2^64

  private JsonScalars() {}

  /**
   * The value that the current token is for a field.
   *
   * @return null for the name of an enum's value that this version does not know
   * @throws JsonParseException if it is not one
   */
  static @Nullable Object read(JsonParser json, FieldDescriptor field) throws IOException {
    return switch (field.getJavaType()) {
      case INT -> (int) whole(json, field, 32);
      case LONG -> whole(json, field, 64);
      case FLOAT -> (float) floating(json, field);
      case DOUBLE -> floating(json, field);
      case BOOLEAN -> truth(json, field);
      case STRING -> string(json, field, "text");
      case BYTE_STRING -> bytes(json, field);
      case ENUM -> enumerated(json, field);
      case MESSAGE -> throw new IllegalArgumentException(field + " is no scalar");
    };
  }

  /** The text of a name or a string; UTF-16's halves of characters are none. */
  static String text(JsonParser json) throws IOException {
    String text = json.getText();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (!Character.isSurrogatePair(c, i + 1 < text.length() ? text.charAt(i + 1) : 0)) {
          throw error(json, "text has \\u%04x, half of a character".formatted((int) c));
        }
        i++;
      }
    }
    return text;
  }

  /** What is wrong, with the place of the current token. */
  static JsonParseException error(JsonParser json, String message) {
    return new JsonParseException(json, message, json.currentTokenLocation());
  }

  /** The current token is not what a field takes. */
  static JsonParseException mismatch(JsonParser json, FieldDescriptor field, String allowed)
      throws IOException {
    String found =
        switch (json.currentToken()) {
          case START_OBJECT -> "an object";
          case START_ARRAY -> "an array";
          case VALUE_STRING -> "\"" + Texts.shortened(json.getText()) + "\"";
          default -> Texts.shortened(json.getText());
        };
    return error(json, "%s is %s; must be %s".formatted(field.getJsonName(), found, allowed));
  }

  /** In 32 bits or 64; what is unsigned, in the same bits. */
  private static long whole(JsonParser json, FieldDescriptor field, int bits) throws IOException {
    boolean unsigned =
        switch (field.getType()) {
          case UINT32, FIXED32, UINT64, FIXED64 -> true;
          default -> false;
        };
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT
        && json.getNumberType() == JsonParser.NumberType.INT
        && !(unsigned && json.getIntValue() < 0)) {
      return json.getIntValue();
    }
    BigInteger min = unsigned ? BigInteger.ZERO : BigInteger.ONE.shiftLeft(bits - 1).negate();
    BigInteger max = BigInteger.ONE.shiftLeft(unsigned ? bits : bits - 1).subtract(BigInteger.ONE);
    BigInteger whole = whole(json);
    if (whole == null || whole.compareTo(min) < 0 || whole.compareTo(max) > 0) {
      throw mismatch(json, field, "a whole number from %d to %d".formatted(min, max));
    }
    return whole.longValue();
  }

  /** Null if it is no whole number, or has more digits than any field takes. */
  private static @Nullable BigInteger whole(JsonParser json) throws IOException {
    if (!isNumber(json)) {
      return null;
    }
    try {
      BigDecimal number = new BigDecimal(json.getText()).stripTrailingZeros();
      boolean fits =
          number.scale() <= 0 && (long) number.precision() - number.scale() <= MAX_WHOLE_DIGITS;
      return fits ? number.toBigIntegerExact() : null;
    } catch (NumberFormatException e) { // an exponent of more than 32 bits
      return null;
    }
  }

  private static double floating(JsonParser json, FieldDescriptor field) throws IOException {
    boolean single = field.getJavaType() == FieldDescriptor.JavaType.FLOAT;
    if (json.currentToken() == JsonToken.VALUE_STRING && NOT_FINITE.containsKey(json.getText())) {
      return NOT_FINITE.get(json.getText());
    }
    if (isNumber(json)) {
      // Not by way of a double: that would round twice.
      double number =
          single ? Float.parseFloat(json.getText()) : Double.parseDouble(json.getText());
      if (!Double.isInfinite(number)) {
        return number;
      }
    }
    throw mismatch(
        json, field, "a number that a %s can hold".formatted(single ? "float" : "double"));
  }

  /** A number, or text that would be one. */
  private static boolean isNumber(JsonParser json) throws IOException {
    return json.currentToken().isNumeric()
        || (json.currentToken() == JsonToken.VALUE_STRING
            && json.getTextLength() <= MAX_NUMBER_LENGTH
            && NUMBER.matcher(json.getText()).matches());
  }

  private static boolean truth(JsonParser json, FieldDescriptor field) throws IOException {
    if (!json.currentToken().isBoolean()) {
      throw mismatch(json, field, "true or false");
    }
    return json.getBooleanValue();
  }

  private static String string(JsonParser json, FieldDescriptor field, String allowed)
      throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw mismatch(json, field, allowed);
    }
    return text(json);
  }

  /** An enum's values go by name or number; a number that is not known stays what it is. */
  private static @Nullable Object enumerated(JsonParser json, FieldDescriptor field)
      throws IOException {
    EnumDescriptor type = field.getEnumType();
    if (json.currentToken().isNumeric()) {
      return type.findValueByNumberCreatingIfUnknown((int) whole(json, field, 32));
    }
    return type.findValueByName(string(json, field, "the name or the number of a value"));
  }

  /** Base64 in the standard or the URL alphabet, with or without padding. */
  private static ByteString bytes(JsonParser json, FieldDescriptor field) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      throw mismatch(json, field, "text in base64");
    }
    String text = json.getText();
    boolean url = text.indexOf('-') >= 0 || text.indexOf('_') >= 0;
    try {
      byte[] bytes = (url ? Base64.getUrlDecoder() : Base64.getDecoder()).decode(text);
      return UnsafeByteOperations.unsafeWrap(bytes);
    } catch (IllegalArgumentException e) {
      throw error(
          json,
          "%s is not base64: %s; must be the standard or the URL alphabet, without line breaks or spaces"
              .formatted(field.getJsonName(), wrong(text, url ? "-_" : "+/")));
    }
  }

  private static String wrong(String text, String alphabetsOwn) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean common = c < 128 && Character.isLetterOrDigit(c);
      if (!common && alphabetsOwn.indexOf(c) < 0 && !(c == '=' && text.length() - i <= 2)) {
        int there = text.codePointAt(i);
        String name = Character.getName(there); // null where none is assigned
        return "character %d is U+%04X%s".formatted(i + 1, there, name == null ? "" : " " + name);
      }
    }
    return "%d characters, padding included, are no whole number of bytes".formatted(text.length());
  }
}
