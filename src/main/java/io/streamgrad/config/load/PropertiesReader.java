package io.streamgrad.config.load;

import io.streamgrad.config.ConfigException;
import java.io.IOException;
import java.io.Reader;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.function.BiConsumer;

/** A .properties file in its own order; unlike {@link Properties} it refuses a key given twice. */
final class PropertiesReader {
  private final Map<String, String> values = new LinkedHashMap<>();

  /**
   * @param source names the file in messages
   */
  PropertiesReader(Reader reader, String source) throws IOException {
    try {
      new Parser(source).load(reader);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(source, "has a malformed \\u escape");
    }
  }

  void forEach(BiConsumer<String, String> action) {
    values.forEach(action);
  }

  /** The JDK's parser has no other way out than put. */
  @SuppressWarnings("serial")
  private final class Parser extends Properties {
    private final String source;

    Parser(String source) {
      this.source = source;
    }

    @Override
    public synchronized Object put(Object key, Object value) {
      if (values.put(key.toString(), value.toString()) != null) {
        throw new ConfigException(source, key + " is given twice");
      }
      return value;
    }
  }
}
