package io.streamgrad.config.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamgrad.config.ConfigException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The configuration before it becomes records: the defaults with layer after layer merged over
 * them, and where each value came from. A path is a key in its parts; of kafka.* it has two, the
 * second with dots.
 */
final class ConfigTree {
  private final ObjectNode defaults;
  private final ObjectNode root;
  private final Map<List<String>, String> origins = new HashMap<>();

  ConfigTree(ObjectNode defaults) {
    this.defaults = defaults;
    this.root = defaults.deepCopy();
  }

  /** Dotted keys as on the command line; a model's name is one part, so it has no dots there. */
  static List<String> path(String key) {
    return key.startsWith("kafka.")
        ? List.of("kafka", key.substring("kafka.".length()))
        : List.of(key.split("\\.", -1));
  }

  /**
   * @param origin how messages say where a value came from, such as "set by -c"
   */
  void merge(ObjectNode layer, String origin) {
    merge(root, layer, List.of(), origin);
  }

  private void merge(ObjectNode target, ObjectNode layer, List<String> path, String origin) {
    for (Map.Entry<String, JsonNode> field : layer.properties()) {
      String name = field.getKey();
      List<String> key = new ArrayList<>(path);
      key.add(name);
      if (field.getValue() instanceof ObjectNode from) {
        ObjectNode into =
            target.get(name) instanceof ObjectNode existing ? existing : target.putObject(name);
        merge(into, from, key, origin);
      } else {
        target.set(name, field.getValue());
      }
      origins.put(key, origin);
    }
  }

  /**
   * Sets a value that was given as plain text. It stays text where the default is one, below kafka
   * and at unknown keys; anywhere else it is read as YAML.
   */
  void set(List<String> path, String text, String origin) {
    JsonNode value = JsonNodeFactory.instance.textNode(text);
    JsonNode standard = at(defaults, ofAllModels(path));
    if (standard != null && !standard.isTextual() && !path.get(0).equals("kafka")) {
      try {
        value = YamlReader.value(text, String.join(".", path));
      } catch (ConfigException e) {
        throw new ConfigException(e.getMessage() + " (" + origin + ")");
      }
    }
    for (int i = path.size() - 1; i > 0; i--) {
      value = JsonNodeFactory.instance.objectNode().set(path.get(i), value);
    }
    merge(JsonNodeFactory.instance.objectNode().set(path.get(0), value), origin);
  }

  /** The tree with every model complete: its own keys merged over those of all models. */
  ObjectNode resolved() {
    ObjectNode result = root.deepCopy();
    if (result.get("model") instanceof ObjectNode model
        && result.get("models") instanceof ObjectNode models) {
      for (Map.Entry<String, JsonNode> entry : models.properties()) {
        if (!isReserved(entry.getKey()) && entry.getValue() instanceof ObjectNode own) {
          entry.setValue(overlay(model.deepCopy(), own));
        }
      }
    }
    return result;
  }

  private static ObjectNode overlay(ObjectNode target, ObjectNode own) {
    for (Map.Entry<String, JsonNode> field : own.properties()) {
      if (target.get(field.getKey()) instanceof ObjectNode into
          && field.getValue() instanceof ObjectNode from) {
        overlay(into, from);
      } else {
        target.set(field.getKey(), field.getValue());
      }
    }
    return target;
  }

  /** Where the value came from, in parentheses; empty for a default. */
  String origin(List<String> path) {
    String origin = origins.getOrDefault(path, origins.get(ofAllModels(path)));
    return origin == null ? "" : " (" + origin + ")";
  }

  /**
   * Takes back what was set at a key and below, also where it was set for all models.
   *
   * @param key of a message: dotted, with the place in a list or without
   * @return whether anything was
   */
  boolean reset(@Nullable String key) {
    if (key == null) {
      return false;
    }
    List<String> path = path(key.replaceFirst("\\[\\d+]$", ""));
    List<String> given = origins.containsKey(path) ? path : ofAllModels(path);
    if (!origins.containsKey(given) || !(at(root, parent(given)) instanceof ObjectNode group)) {
      return false;
    }
    JsonNode standard = at(defaults, given);
    String name = given.get(given.size() - 1);
    if (standard == null) {
      group.remove(name);
    } else {
      group.set(name, standard.deepCopy());
    }
    origins
        .keySet()
        .removeIf(
            other -> other.size() >= given.size() && other.subList(0, given.size()).equals(given));
    return true;
  }

  private static List<String> parent(List<String> path) {
    return path.subList(0, path.size() - 1);
  }

  static @Nullable JsonNode at(JsonNode root, List<String> path) {
    JsonNode node = root;
    for (String name : path) {
      node = node.get(name);
      if (node == null) {
        return null;
      }
    }
    return node;
  }

  /** models.NAME.x is x of one model, model.x that of all models. */
  private List<String> ofAllModels(List<String> path) {
    if (path.size() < 2 || !path.get(0).equals("models") || isReserved(path.get(1))) {
      return path;
    }
    List<String> result = new ArrayList<>(path.subList(1, path.size()));
    result.set(0, "model");
    return result;
  }

  /** Whether this key of models has a default, and so is a setting of its own and no model. */
  private boolean isReserved(String key) {
    return at(defaults, List.of("models", key)) != null;
  }
}
