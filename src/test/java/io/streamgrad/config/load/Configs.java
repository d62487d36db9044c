package io.streamgrad.config.load;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Loads configurations in tests. */
final class Configs {
  private Configs() {}

  static ServiceConfig load() {
    return ConfigLoader.load(null, Map.of(), Map.of());
  }

  static ServiceConfig load(Path file) {
    return ConfigLoader.load(file, Map.of(), Map.of());
  }

  static ServiceConfig override(String key, String value) {
    return ConfigLoader.load(null, Map.of(), Map.of(key, value));
  }

  static ServiceConfig environment(String variable, String value) {
    return ConfigLoader.load(null, Map.of(variable, value), Map.of());
  }

  static Path file(Path directory, String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }

  /** The message of a configuration that is refused. */
  static String refusal(ThrowingCallable loading) {
    ConfigException e = catchThrowableOfType(ConfigException.class, loading);
    return e == null ? "(not refused)" : String.valueOf(e.getMessage());
  }
}
