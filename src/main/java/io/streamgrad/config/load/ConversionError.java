package io.streamgrad.config.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonPOJOBuilder;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamgrad.config.ConfigException;
import io.streamgrad.model.SpecException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says in the terms of the configuration why a tree could not become records. */
final class ConversionError {
  private final ObjectMapper mapper;
  private final ConfigTree tree;
  private final ObjectNode resolved;

  /**
   * @param resolved what was converted
   */
  ConversionError(ObjectMapper mapper, ConfigTree tree, ObjectNode resolved) {
    this.mapper = mapper;
    this.tree = tree;
    this.resolved = resolved;
  }

  /** The exception to throw instead; without a cause, since Jackson's messages quote values. */
  ConfigException translate(JsonProcessingException error) {
    List<JsonMappingException.Reference> references =
        error instanceof JsonMappingException mapping ? mapping.getPath() : List.of();
    List<String> path =
        references.stream()
            .map(JsonMappingException.Reference::getFieldName)
            .takeWhile(name -> name != null)
            .toList();

    ConfigException invalid = cause(error, ConfigException.class);
    if (invalid != null && invalid.key() != null) {
      return exception(ConfigTree.path(invalid.key()), "", invalid.problem());
    }
    SpecException spec = cause(error, SpecException.class);
    if (spec != null) {
      List<String> key = new ArrayList<>(path);
      key.addAll(ConfigTree.path(spec.key()));
      return exception(key, "", ConfigException.notAllowed(spec.value(), spec.allowed()));
    }
    if (error instanceof UnrecognizedPropertyException unknown) {
      return exception(path, "", "unknown key; allowed here: " + allowedKeys(unknown));
    }
    String index =
        references.size() > path.size() ? "[" + references.get(path.size()).getIndex() + "]" : "";
    Object value = value(path, references);
    return exception(path, index, ConfigException.notAllowed(value, allowed(targetType(error))));
  }

  private ConfigException exception(List<String> path, String index, String problem) {
    return new ConfigException(String.join(".", path) + index, problem + tree.origin(path));
  }

  private static String allowedKeys(UnrecognizedPropertyException unknown) {
    Collection<Object> known = unknown.getKnownPropertyIds();
    return known == null
        ? "none"
        : known.stream()
            .map(Object::toString)
            .collect(Collectors.toCollection(TreeSet::new))
            .toString()
            .replaceAll("[\\[\\]]", "");
  }

  private Object value(List<String> path, List<JsonMappingException.Reference> references) {
    if (!path.isEmpty() && path.get(0).equals("kafka")) {
      return "the value";
    }
    JsonNode node = ConfigTree.at(resolved, path);
    if (node != null && references.size() > path.size()) {
      node = node.get(references.get(path.size()).getIndex());
    }
    return node == null ? "nothing" : node.isValueNode() ? node.asText() : node;
  }

  private static @Nullable Class<?> targetType(JsonProcessingException error) {
    InputCoercionException coercion = cause(error, InputCoercionException.class);
    if (coercion != null) {
      return coercion.getTargetType();
    }
    return error instanceof MismatchedInputException mismatch ? mismatch.getTargetType() : null;
  }

  private String allowed(@Nullable Class<?> type) {
    if (type == null) {
      return "of another type";
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> mapper.<JsonNode>valueToTree(constant).asText())
          .collect(Collectors.joining(", "));
    }
    if (type == int.class || type == Integer.class || type == long.class || type == short.class) {
      int bits = type == long.class ? Long.SIZE : type == short.class ? Short.SIZE : Integer.SIZE;
      return "a whole number of " + bits + " bits";
    }
    if (type == double.class) {
      return "a number";
    }
    if (type == boolean.class) {
      return "true or false";
    }
    if (type == String.class) {
      return "text (in quotes if it looks like a number or is true or false)";
    }
    if (type == Duration.class) {
      return Durations.ALLOWED;
    }
    if (type == Path.class) {
      return "the path of a directory, as text";
    }
    if (List.class.isAssignableFrom(type)) {
      return "a list, such as [784, 10, 10]";
    }
    return Map.class.isAssignableFrom(type)
            || type.isRecord()
            || type.isAnnotationPresent(JsonPOJOBuilder.class)
        ? "a group of keys"
        : "a " + type.getSimpleName();
  }

  private static <T extends Throwable> @Nullable T cause(Throwable error, Class<T> type) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }
}
