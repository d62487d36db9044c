package io.streamgrad.format.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** As much JSON as is read here. */
final class JsonTexts {
  private static final int MAX_DEPTH = 8;
  private static final int MAX_NUMBER = 20; // digits

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(ArrayFile.MAX_HEADER)
                  .maxNameLength(ArrayFile.MAX_HEADER)
                  .maxNumberLength(MAX_NUMBER)
                  .build())
          .build();

  private JsonTexts() {}

  /** A parser that refuses names that come twice, and whatever is too deep. */
  static JsonParser parser(byte[] json) throws IOException {
    return JSON.createParser(json);
  }

  /**
   * Reads an object of texts; the parser stands at its beginning.
   *
   * @throws UnfitFileException if it is another one
   */
  static Map<String, String> object(JsonParser json, String what)
      throws IOException, UnfitFileException {
    require(json.currentToken() == JsonToken.START_OBJECT, what);
    Map<String, String> texts = new LinkedHashMap<>();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      require(json.nextToken() == JsonToken.VALUE_STRING, what);
      texts.put(key, json.getText());
    }
    return texts;
  }

  private static void require(boolean right, String what) throws UnfitFileException {
    if (!right) {
      throw new UnfitFileException(what + " is not an object of texts");
    }
  }
}
