package io.streamgrad.config.load;

import com.fasterxml.jackson.annotation.JsonAnySetter;
import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonPOJOBuilder;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.AnnotatedClass;
import com.fasterxml.jackson.databind.introspect.NopAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.streamgrad.config.KafkaSettings;
import io.streamgrad.config.ModelsConfig;
import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ProcessingGuarantee;
import io.streamgrad.model.ModelSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What Jackson has to know of the configuration's records, which know nothing of Jackson. */
final class ConfigAnnotations {
  private ConfigAnnotations() {}

  static void addTo(JsonMapper.Builder mapper) {
    mapper
        .addMixIn(KafkaSettings.class, Delegating.class)
        .addMixIn(ModelsConfig.class, BuiltByModelsBuilder.class);
  }

  /** A record that is written as its only component. */
  private abstract static class Delegating {
    @SuppressWarnings("UnusedVariable") // the annotation is all that counts
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    Delegating(Map<String, String> values) {}
  }

  @JsonDeserialize(builder = ModelsBuilder.class)
  private abstract static class BuiltByModelsBuilder {}

  /**
   * Tells settings from models. A record would not do: where creator properties may not be missing,
   * Jackson takes the map of all other keys for one that is.
   */
  @JsonPOJOBuilder
  static final class ModelsBuilder {
    @JsonProperty private @Nullable Partitioner partitioner;
    @JsonProperty private @Nullable List<String> allow;
    @JsonProperty private @Nullable Integer max;
    @JsonAnySetter private final Map<String, ModelSpec> byName = new HashMap<>();

    ModelsConfig build() {
      // The defaults have these.
      return new ModelsConfig(
          Objects.requireNonNull(partitioner),
          Objects.requireNonNull(allow),
          Objects.requireNonNull(max),
          byName);
    }
  }

  /** INVERSE_SQRT is inverse-sqrt, and what Kafka has a name for is called that. */
  static final class EnumNames extends NopAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public String[] findEnumValues(
        MapperConfig<?> config, AnnotatedClass type, Enum<?>[] constants, String[] names) {
      for (int i = 0; i < constants.length; i++) {
        names[i] =
            constants[i] instanceof ProcessingGuarantee guarantee
                ? guarantee.kafkaName()
                : constants[i].name().toLowerCase(Locale.ROOT).replace('_', '-');
      }
      return names;
    }
  }
}
