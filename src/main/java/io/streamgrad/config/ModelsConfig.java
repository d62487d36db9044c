package io.streamgrad.config;

import io.streamgrad.model.ModelSpec;
import java.util.Map;

/**
 * The models as a whole, and single ones of them. Beside its own settings, whose names are
 * reserved, every key is a model's name.
 *
 * @param partitioner decides which partition a model's name belongs to
 * @param byName complete configurations of single models
 */
public record ModelsConfig(Partitioner partitioner, Map<String, ModelSpec> byName) {
  public ModelsConfig {
    byName = Map.copyOf(byName);
    for (String name : byName.keySet()) {
      Check.that(!name.isBlank(), "models", name, "keyed by the models' names");
    }
  }
}
