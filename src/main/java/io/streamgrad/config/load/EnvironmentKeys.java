package io.streamgrad.config.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.streamgrad.config.ConfigException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which key an environment variable sets: STREAMGRAD_MODEL_LEARNING_RATE_INITIAL is
 * model.learning-rate.initial, STREAMGRAD_KAFKA_X_Y is kafka.x.y. A Kafka setting with an
 * underscore in its name, or a single model, can't be set this way.
 */
final class EnvironmentKeys {
  private static final String PREFIX = "STREAMGRAD_";
  private static final String KAFKA_PREFIX = "STREAMGRAD_KAFKA_";

  /** Read by the script that starts the service, and by its logging. */
  private static final Set<String> NO_KEYS =
      Set.of("STREAMGRAD_JAVA_OPTS", "STREAMGRAD_JDK_PLACES", "STREAMGRAD_LOG_FORMAT");

  private final Map<String, List<String>> paths = new HashMap<>();

  EnvironmentKeys(ObjectNode defaults) {
    add(defaults, List.of());
  }

  private void add(ObjectNode group, List<String> path) {
    for (Map.Entry<String, JsonNode> field : group.properties()) {
      List<String> key = new ArrayList<>(path);
      key.add(field.getKey());
      if (field.getValue() instanceof ObjectNode subgroup) {
        add(subgroup, key);
      } else {
        String name = PREFIX + String.join("_", key).toUpperCase(Locale.ROOT);
        paths.put(name.replace('.', '_').replace('-', '_'), key);
      }
    }
  }

  /** The path that the variable sets; null if it is not meant for the configuration. */
  @Nullable List<String> path(String variable) {
    if (!variable.startsWith(PREFIX) || NO_KEYS.contains(variable)) {
      return null;
    }
    if (variable.startsWith(KAFKA_PREFIX) && variable.length() > KAFKA_PREFIX.length()) {
      String setting = variable.substring(KAFKA_PREFIX.length());
      return List.of("kafka", setting.toLowerCase(Locale.ROOT).replace('_', '.'));
    }
    List<String> path = paths.get(variable);
    if (path == null) {
      throw new ConfigException(
          "environment variable "
              + variable
              + ": sets no key; allowed are STREAMGRAD_KAFKA_<SETTING> and STREAMGRAD_<KEY>, the"
              + " key in upper case with _ for . and - (models.<name> only in the file and with"
              + " -c)");
    }
    return path;
  }

  /** Every variable with the path it sets, STREAMGRAD_KAFKA_* left out. */
  Map<String, List<String>> all() {
    return Map.copyOf(paths);
  }
}
