package io.streamgrad.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** How a record's value is written: one of the registered names, and the older ones beside them. */
public enum ContentType {
  PROTOBUF(
      "binary",
      "application/x-protobuf",
      "application/protobuf",
      "application/vnd.google.protobuf",
      "application/x-google-protobuf",
      "application/x-protobuffer"),
  JSON("json", "application/json", "application/protobuf+json", "application/x-protobuf+json"),
  /** Images as they are, without a message: {@link ImageHeaders} say the rest. */
  PIXELS("binary", "application/octet-stream"),
  /** One image, without a message. */
  PNG("binary", "image/png");

  /** The record header that says so, in whatever case. */
  public static final String HEADER = "content-type";

  private static final String JPEG = "image/jpeg";

  private static final Map<String, ContentType> BY_NAME =
      Arrays.stream(values())
          .flatMap(type -> type.names.stream().map(name -> Map.entry(name, type)))
          .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

  private final String encoding;

  @SuppressWarnings("ImmutableEnumChecker") // List.of: can't be changed
  private final List<String> names;

  /**
   * A type.
   *
   * @param encoding what the parameter of this name may say
   * @param names the first is the one that is written
   */
  ContentType(String encoding, String... names) {
    this.encoding = encoding;
    this.names = List.of(names);
  }

  /** Whether the value is one of the messages in streamgrad.proto. */
  public boolean isMessage() {
    return this == PROTOBUF || this == JSON;
  }

  /** The name that is written. */
  String text() {
    return names.get(0);
  }

  /** Says so in a record's headers, replacing what was said before. */
  public void mark(Headers headers) {
    headers.remove(HEADER);
    headers.add(HEADER, names.get(0).getBytes(StandardCharsets.UTF_8));
  }

  /**
   * What the last such header of a record says; Protobuf where there is none, or one without a
   * value. The case, white space and quotes around the value don't matter; of the parameters,
   * {@code charset} and {@code encoding} do.
   *
   * @throws BadRecordException if it is another type, or another charset or encoding of it
   */
  public static ContentType of(Headers headers) throws BadRecordException {
    byte[] value = value(headers);
    if (value == null) {
      return PROTOBUF;
    }
    String said = new String(value, StandardCharsets.UTF_8);
    String[] parts = unquoted(said).split(";", -1);
    String name = parts[0].strip().toLowerCase(Locale.ROOT);
    ContentType type = BY_NAME.get(name);
    if (name.equals(JPEG)) {
      throw refused(
          "is image/jpeg, which is not read: its decoders differ in the pixels that they give, and"
              + " what a model learned must come to the same bits again; send image/png, or pixels"
              + " as application/octet-stream");
    }
    if (type == null) {
      throw refused(
          "is \"%s\"; must be %s, or left out for Protobuf"
              .formatted(Texts.shortened(said), allNames()));
    }
    for (int i = 1; i < parts.length; i++) {
      type.check(parts[i]);
    }
    return type;
  }

  private static byte @Nullable [] value(Headers headers) {
    Header[] all = headers.toArray();
    for (int i = all.length - 1; i >= 0; i--) {
      if (all[i].key().equalsIgnoreCase(HEADER)) {
        return all[i].value();
      }
    }
    return null;
  }

  private void check(String parameter) throws BadRecordException {
    String[] nameAndValue = parameter.split("=", 2);
    String name = nameAndValue[0].strip().toLowerCase(Locale.ROOT);
    if (nameAndValue.length < 2 || !(name.equals("charset") || name.equals("encoding"))) {
      return;
    }
    String said = unquoted(nameAndValue[1]);
    String value = said.toLowerCase(Locale.ROOT);
    String allowed = name.equals("charset") ? "utf-8" : encoding;
    if (!value.equals(allowed) && !(name.equals("charset") && value.equals("utf8"))) {
      throw refused(
          "has the %s \"%s\"; must be %s, or left out"
              .formatted(name, Texts.shortened(said), allowed));
    }
  }

  private static String unquoted(String text) {
    String stripped = text.strip();
    boolean quoted = stripped.length() > 1 && stripped.startsWith("\"") && stripped.endsWith("\"");
    return quoted ? stripped.substring(1, stripped.length() - 1).strip() : stripped;
  }

  private static String allNames() {
    return Stream.of(values())
        .flatMap(type -> type.names.stream())
        .collect(Collectors.joining(", "));
  }

  private static BadRecordException refused(String what) {
    return new BadRecordException(
        BadRecordException.Reason.UNKNOWN_CONTENT_TYPE, HEADER + " " + what);
  }
}
