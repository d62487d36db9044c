package io.streamgrad.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.streamgrad.model.ModelSpec;
import java.util.List;
import java.util.Map;

/**
 * The models as a whole, and single ones of them. Beside its own settings, whose names are
 * reserved, every key is a model's name.
 *
 * @param partitioner decides which partition a model's name belongs to
 * @param allow patterns of the names that models may have, {@code *} for any characters
 * @param max how many models there may be in a partition of the images topic
 * @param byName complete configurations of single models
 */
public record ModelsConfig(
    Partitioner partitioner, List<String> allow, int max, Map<String, ModelSpec> byName) {
  public ModelsConfig {
    allow = List.copyOf(allow);
    byName = Map.copyOf(byName);
    Check.that(
        !allow.isEmpty() && allow.stream().noneMatch(String::isEmpty),
        "models.allow",
        allow,
        "one or more patterns, such as [\"sensor-*\", mnist]");
    Check.that(max >= 1, "models.max", max, "1 or above");
    for (String name : byName.keySet()) {
      Check.that(!name.isBlank(), "models", name, "keyed by the models' names");
      Check.that(
          isAllowed(allow, name),
          "models." + name,
          name,
          "a name that models.allow has a pattern for");
    }
  }

  /** What {@link #allow} says, ready to be used. */
  public List<NamePattern> allowedNames() {
    return patterns(allow);
  }

  /** Whether there may be a model of this name. */
  boolean isAllowed(String name) {
    return isAllowed(allow, name);
  }

  private static boolean isAllowed(List<String> allow, String name) {
    byte[] utf8 = name.getBytes(UTF_8);
    return patterns(allow).stream().anyMatch(pattern -> pattern.matches(utf8));
  }

  private static List<NamePattern> patterns(List<String> allow) {
    return allow.stream().map(NamePattern::of).toList();
  }
}
