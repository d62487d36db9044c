package io.streamgrad.streams.input;

import io.streamgrad.config.ServiceConfig;
import org.jspecify.annotations.Nullable;

/**
 * The topics of the input.
 *
 * @param labels null where labels come with the images only
 * @param commands null where models take none
 */
public record InputLogs(InputLog images, @Nullable InputLog labels, @Nullable InputLog commands) {
  /** Where models take no commands. */
  public InputLogs(InputLog images, @Nullable InputLog labels) {
    this(images, labels, null);
  }

  /** Those of a service on its cluster. */
  public static InputLogs of(ServiceConfig config) {
    return new InputLogs(
        new KafkaInputLog(config, config.topics().images()),
        config.topics().hasLabels() ? new KafkaInputLog(config, config.topics().labels()) : null,
        config.topics().hasCommands()
            ? new KafkaInputLog(config, config.topics().commands())
            : null);
  }
}
