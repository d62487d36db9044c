package io.streamgrad.inference;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import java.io.IOException;

/**
 * Takes so many names at most: those of an object are all kept, to find one that is there twice.
 */
final class BoundedNames extends JsonParserDelegate {
  private static final int MOST = 256; // of the whole request; one that uses everything has 60

  private int names;

  BoundedNames(JsonParser json) {
    super(json);
  }

  /** What it reads from, for values in which there are no names: faster. */
  JsonParser unbounded() {
    return delegate;
  }

  @Override
  public JsonToken nextToken() throws IOException {
    JsonToken token = delegate.nextToken();
    if (token == JsonToken.FIELD_NAME && ++names > MOST) {
      throw new JsonParseException(
          delegate, "more than %d names".formatted(MOST), delegate.currentLocation());
    }
    return token;
  }

  @Override
  public JsonParser skipChildren() throws IOException {
    JsonToken token = currentToken();
    int depth = token != null && token.isStructStart() ? 1 : 0;
    while (depth > 0) {
      token = nextToken();
      if (token == null) {
        return this; // which the next token says
      }
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    }
    return this;
  }
}
