package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.CommandedSettings;
import io.streamgrad.model.Control;
import io.streamgrad.model.ModelSpec;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;

/**
 * The settings that models learn with: those of the configuration, and over them what was set by
 * command. Not thread-safe.
 */
final class CommandedSpecs {
  private final ServiceConfig config;
  private final Map<String, Commanded> byModel = new HashMap<>();

  /** What the settings of commands make of a model's configuration. */
  private record Commanded(SortedMap<String, String> settings, ModelSpec spec) {}

  CommandedSpecs(ServiceConfig config) {
    this.config = config;
  }

  /**
   * Those of a model.
   *
   * @throws io.streamgrad.config.ConfigException if the configuration and the commands do not fit
   *     together
   */
  ModelSpec of(String name, Control control) {
    if (control.settings().isEmpty()) {
      return config.model(name);
    }
    Commanded known = byModel.get(name);
    if (known == null || known.settings() != control.settings()) { // they are not changed in place
      ModelSpec spec = CommandedSettings.in(config.model(name), control.settings());
      known = new Commanded(control.settings(), spec);
      byModel.put(name, known);
    }
    return known.spec();
  }
}
