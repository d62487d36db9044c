package io.streamgrad.cli;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the service's configuration comes from. */
final class ConfigOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration: .yaml, .yml or .properties.")
  private @Nullable Path file;

  @Option(
      names = "-c",
      paramLabel = "KEY=VALUE",
      description =
          "One setting, e.g. -c model.learning-rate.initial=0.05; wins over the environment "
              + "(STREAMGRAD_MODEL_LEARNING_RATE_INITIAL), which wins over the file.")
  private Map<String, String> overrides = new LinkedHashMap<>();

  /** The configuration. */
  ServiceConfig load() {
    return load(Map.of(), Map.of());
  }

  /**
   * The configuration of a command with options for some of its settings.
   *
   * @param defaults the command's own, which the file wins over
   * @param options those that were given, which win over the file; -c wins over them
   */
  ServiceConfig load(Map<String, String> defaults, Map<String, String> options) {
    Map<String, String> all = new LinkedHashMap<>(options);
    all.putAll(overrides);
    return ConfigLoader.load(defaults, file, System.getenv(), all);
  }
}
