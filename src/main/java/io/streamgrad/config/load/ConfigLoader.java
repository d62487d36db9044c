package io.streamgrad.config.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.AnnotationIntrospector;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration: streamgrad-defaults.yaml, then a file, the environment and the command
 * line, each over the one before. Trees are merged, and converted to records once.
 */
public final class ConfigLoader {
  private static final String DEFAULTS = "/streamgrad-defaults.yaml";
  private static final ObjectMapper MAPPER = mapper();

  private ConfigLoader() {}

  /**
   * The configuration of the four sources together.
   *
   * @param file .yaml, .yml or .properties; null for none
   * @param environment all variables of the process; those that don't begin with STREAMGRAD_ are
   *     ignored
   * @param overrides values by dotted key, as text: YAML where the default is no text
   * @throws ConfigException if anything is unknown, missing or not allowed: a line for each
   */
  public static ServiceConfig load(
      @Nullable Path file, Map<String, String> environment, Map<String, String> overrides) {
    return load(Map.of(), file, environment, overrides);
  }

  /**
   * As {@link #load(Path, Map, Map)}, with some other defaults.
   *
   * @param ownDefaults values by dotted key, as text, over those of streamgrad-defaults.yaml
   */
  public static ServiceConfig load(
      Map<String, String> ownDefaults,
      @Nullable Path file,
      Map<String, String> environment,
      Map<String, String> overrides) {
    ObjectNode defaults = defaults();
    ConfigTree tree = new ConfigTree(defaults);
    ownDefaults.forEach((key, text) -> tree.set(ConfigTree.path(key), text, "a default"));
    Problems problems = new Problems();
    if (file != null) {
      problems.of(() -> merge(tree, file, problems));
    }
    EnvironmentKeys keys = new EnvironmentKeys(defaults);
    // Sorted, so that errors always come in the same order.
    new TreeMap<>(environment)
        .forEach(
            (variable, text) ->
                problems.of(
                    () -> {
                      List<String> path = keys.path(variable);
                      if (path != null) {
                        tree.set(path, text, "set by environment variable " + variable);
                      }
                    }));
    overrides.forEach(
        (key, text) -> problems.of(() -> tree.set(ConfigTree.path(key), text, "set by -c")));
    return converted(tree, problems);
  }

  /** The tree as records; what can't be one is a problem, and the rest is looked at without it. */
  private static ServiceConfig converted(ConfigTree tree, Problems problems) {
    while (true) {
      ObjectNode resolved = tree.resolved();
      try {
        ServiceConfig config = MAPPER.treeToValue(resolved, ServiceConfig.class);
        problems.throwIfAny();
        return config;
      } catch (JsonProcessingException e) {
        ConfigException problem = new ConversionError(MAPPER, tree, resolved).translate(e);
        problems.add(problem);
        if (!tree.reset(problem.key())) {
          problems.throwIfAny();
        }
      }
    }
  }

  /** The tree of streamgrad-defaults.yaml. */
  static ObjectNode defaults() {
    try (InputStream in = ConfigLoader.class.getResourceAsStream(DEFAULTS);
        Reader reader = new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8)) {
      return YamlReader.document(reader, DEFAULTS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void merge(ConfigTree tree, Path file, Problems problems) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
    if (!yaml && !name.endsWith(".properties")) {
      throw new ConfigException(
          "configuration file",
          ConfigException.notAllowed(file, "a file that ends in .yaml, .yml or .properties"));
    }
    String origin = "set in " + file;
    try (Reader reader = Files.newBufferedReader(file)) {
      if (yaml) {
        tree.merge(YamlReader.document(reader, "configuration file " + file), origin);
      } else {
        new PropertiesReader(reader, "configuration file " + file)
            .forEach(
                (key, text) -> problems.of(() -> tree.set(ConfigTree.path(key), text, origin)));
      }
    } catch (IOException e) {
      throw new ConfigException("configuration file " + file, "can't be read", e);
    }
  }

  /** Reads trees as configurations, and writes parts of them. */
  static ObjectMapper mapper() {
    JsonMapper.Builder builder = JsonMapper.builder();
    ConfigAnnotations.addTo(builder);
    JsonMapper mapper =
        builder
            .annotationIntrospector(
                AnnotationIntrospector.pair(
                    new ConfigAnnotations.EnumNames(), new JacksonAnnotationIntrospector()))
            .propertyNamingStrategy(new KebabCase())
            .addModule(
                new SimpleModule()
                    .addSerializer(Duration.class, ToStringSerializer.instance)
                    .addDeserializer(
                        Duration.class, new TextDeserializer<>(Duration.class, Durations::parse))
                    .addDeserializer(Path.class, new TextDeserializer<>(Path.class, Path::of)))
            .enable(
                DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
                DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
                DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .build();
    // 007 and 1e3 would not stay what they were written as.
    for (CoercionInputShape shape :
        List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)) {
      mapper.coercionConfigFor(LogicalType.Textual).setCoercion(shape, CoercionAction.Fail);
    }
    mapper
        .coercionConfigDefaults()
        .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail);
    return mapper;
  }
}
