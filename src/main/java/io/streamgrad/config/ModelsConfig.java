package io.streamgrad.config;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonPOJOBuilder;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The models as a whole, and single ones of them. Beside its own settings, whose names are
 * reserved, every key is a model's name.
 *
 * @param partitioner decides which partition a model's name belongs to
 * @param byName complete configurations of single models
 */
@JsonDeserialize(builder = ModelsConfig.Builder.class)
public record ModelsConfig(Partitioner partitioner, Map<String, ModelConfig> byName) {
  public ModelsConfig {
    byName = Map.copyOf(byName);
    for (String name : byName.keySet()) {
      Check.that(!name.isBlank(), "models", name, "keyed by the models' names");
    }
  }

  /**
   * Tells settings from models. A record would not do: where creator properties may not be missing,
   * Jackson takes the map of all other keys for one that is.
   */
  @JsonPOJOBuilder
  static final class Builder {
    @JsonProperty private @Nullable Partitioner partitioner;
    @JsonAnySetter private final Map<String, ModelConfig> byName = new HashMap<>();

    ModelsConfig build() {
      return new ModelsConfig(Objects.requireNonNull(partitioner), byName); // the defaults have it
    }
  }
}
