package io.streamgrad.config.load;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.streamgrad.config.ConfigException;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * YAML to a tree, stricter than Jackson's own: a key given twice, a key without value, an alias
 * (which Jackson would read as its name) and a second document are refused. Below the top-level key
 * kafka every value is the text as it was written, for a password such as 0123, and nested keys are
 * joined with dots.
 */
final class YamlReader {
  private static final YAMLMapper MAPPER = new YAMLMapper();
  private static final String KAFKA = "kafka";

  private final YAMLParser parser;

  private YamlReader(YAMLParser parser) {
    this.parser = parser;
  }

  /**
   * Reads a whole document; an empty one is an empty object.
   *
   * @param source names the document in messages
   */
  static ObjectNode document(Reader reader, String source) throws IOException {
    JsonNode node = read(reader, source);
    if (node == null) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (!(node instanceof ObjectNode object)) {
      throw new ConfigException(source + ": must be YAML with keys and values");
    }
    return object;
  }

  /**
   * Reads one value, such as {@code 7} or {@code [784, 10]}.
   *
   * @param key names the value in messages
   */
  static JsonNode value(String text, String key) {
    try {
      JsonNode node = read(new StringReader(text), key);
      if (node == null) {
        throw new ConfigException(key, "has no value");
      }
      return node;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable JsonNode read(Reader reader, String source) throws IOException {
    try (YAMLParser parser = MAPPER.getFactory().createParser(reader)) {
      if (parser.nextToken() == null) {
        return null;
      }
      JsonNode node = new YamlReader(parser).node("", false);
      if (parser.nextToken() != null) {
        throw problem(parser, "has a second document");
      }
      return node;
    } catch (JsonProcessingException e) {
      // Not the parser's own message, nor as a cause: it quotes the text, which may hold secrets.
      throw new ConfigException(source, "is not valid YAML" + at(e.getLocation()));
    } catch (ConfigException e) {
      throw new ConfigException(source, e.problem());
    }
  }

  private JsonNode node(String key, boolean kafka) throws IOException {
    if (parser.isCurrentAlias()) {
      throw problem(parser, name(key) + "is an alias; write the value itself");
    }
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      readInto(object, key, "", kafka);
      return object;
    }
    if (token == JsonToken.START_ARRAY && !kafka) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        array.add(node(key, false));
      }
      return array;
    }
    if (token == JsonToken.START_ARRAY) {
      throw problem(parser, name(key) + "must be a single value, not a list");
    }
    if (token == JsonToken.VALUE_NULL) {
      throw problem(parser, name(key) + "has no value; write \"\" for an empty text");
    }
    return kafka
        ? JsonNodeFactory.instance.textNode(parser.getText())
        : parser.<JsonNode>readValueAsTree();
  }

  /**
   * @param prefix what the fields' names begin with; used below kafka, where groups are flattened
   */
  private void readInto(ObjectNode target, String key, String prefix, boolean kafka)
      throws IOException {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      String childKey = key.isEmpty() ? name : key + "." + name;
      parser.nextToken();
      if (kafka && parser.hasToken(JsonToken.START_OBJECT)) {
        readInto(target, childKey, prefix + name + ".", true);
        continue;
      }
      JsonNode child = node(childKey, kafka || childKey.equals(KAFKA));
      if (target.has(prefix + name)) {
        throw problem(parser, childKey + " is given twice");
      }
      target.set(prefix + name, child);
    }
  }

  private static String name(String key) {
    return key.isEmpty() ? "" : key + " ";
  }

  private static ConfigException problem(YAMLParser parser, String problem) {
    return new ConfigException(problem + at(parser.currentTokenLocation()));
  }

  private static String at(JsonLocation location) {
    return " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
  }
}
