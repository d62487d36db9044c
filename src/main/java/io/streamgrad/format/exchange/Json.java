package io.streamgrad.format.exchange;

import java.util.Map;
import java.util.stream.Collectors;

/** As much JSON as is written here. */
final class Json {
  private Json() {}

  /** An object of texts. */
  static String object(Map<String, String> texts) {
    return texts.entrySet().stream()
        .map(text -> string(text.getKey()) + ":" + string(text.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** A text in quotes. */
  static String string(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }
}
