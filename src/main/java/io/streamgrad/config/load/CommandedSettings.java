package io.streamgrad.config.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamgrad.config.ConfigException;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.OptimizerSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The settings of a model that a command may change while it learns: those that change neither its
 * shape nor what the arrays of its state mean.
 */
public final class CommandedSettings {
  private static final ObjectMapper MAPPER = ConfigLoader.mapper();

  /** Values and groups of them, as they stand below "model". */
  private static final List<String> ALLOWED =
      List.of(
          "averaging",
          "batch-size",
          "batch-wait",
          "max-skipped-in-a-row",
          "learning-rate",
          "optimizer");

  private CommandedSettings() {}

  /** The keys that are allowed, below "model". */
  public static List<String> keys(ModelSpec model) {
    ObjectNode tree = MAPPER.valueToTree(model);
    List<String> keys = new ArrayList<>();
    for (String name : ALLOWED) {
      JsonNode value = tree.get(name);
      if (value instanceof ObjectNode group) {
        group.fieldNames().forEachRemaining(field -> keys.add(name + "." + field));
      } else {
        keys.add(name);
      }
    }
    return keys;
  }

  /** The value that a key has, as text. */
  public static String value(ModelSpec model, String key) {
    JsonNode value = ConfigTree.at(MAPPER.valueToTree(model), ConfigTree.path(key));
    return value == null ? "" : value.asText();
  }

  /** What has to be set of a model, for it to learn as another one does. */
  public static SortedMap<String, String> differences(ModelSpec configured, ModelSpec other) {
    SortedMap<String, String> differences = new TreeMap<>();
    for (String key : keys(configured)) {
      if (!value(configured, key).equals(value(other, key))) {
        differences.put(key, value(other, key));
      }
    }
    return differences;
  }

  /**
   * A model's configuration with other settings in the place of its own.
   *
   * @param settings values as they would be written in a configuration file, by their keys
   * @throws ConfigException if a key is not allowed or a value is not, or they do not fit together:
   *     it says what is
   */
  public static ModelSpec in(ModelSpec configured, Map<String, String> settings) {
    requireKeys(configured, settings.keySet());
    ConfigTree tree = new ConfigTree(MAPPER.valueToTree(configured));
    settings.forEach((key, text) -> tree.set(ConfigTree.path(key), text, "set by command"));
    ObjectNode resolved = tree.resolved();
    try {
      ModelSpec changed = MAPPER.treeToValue(resolved, ModelSpec.class);
      requireSameMoments(configured.optimizer().type(), changed.optimizer().type());
      return changed;
    } catch (JsonProcessingException e) {
      throw new ConversionError(MAPPER, tree, resolved).translate(e);
    }
  }

  /**
   * Checks that keys are allowed.
   *
   * @throws ConfigException if one is not: it says which are
   */
  public static void requireKeys(ModelSpec model, Collection<String> keys) {
    List<String> allowed = keys(model);
    for (String key : keys) {
      if (!allowed.contains(key)) {
        throw new ConfigException(
            key, "can't be set by command; can be: " + String.join(", ", allowed));
      }
    }
  }

  private static void requireSameMoments(OptimizerSpec.Type before, OptimizerSpec.Type after) {
    if (before.moments() != after.moments()) {
      throw new ConfigException(
          "optimizer.type",
          "%s keeps %d moments and %s, which the model learns by, %d: what is stored of them would mean nothing"
              .formatted(
                  MAPPER.valueToTree(after).asText(),
                  after.moments(),
                  MAPPER.valueToTree(before).asText(),
                  before.moments()));
    }
  }
}
