package io.streamgrad.streams.runtime;

import io.streamgrad.config.ConfigException;
import io.streamgrad.config.ServiceConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Checkpoints in the state directory: how far stores on disk were restored. This service has none
 * on disk. Kafka Streams reads the files that are there all the same, and stops where it can't.
 */
final class StaleCheckpointFiles {
  private StaleCheckpointFiles() {}

  /**
   * Deletes those of all tasks.
   *
   * @throws ConfigException if the state directory does not allow it
   */
  static void delete(ServiceConfig config) {
    Path tasks = config.stateDir().resolve(config.applicationId());
    if (!Files.isDirectory(tasks)) {
      return;
    }
    try (DirectoryStream<Path> each = Files.newDirectoryStream(tasks, "*_*")) {
      for (Path task : each) {
        Files.deleteIfExists(task.resolve(".checkpoint"));
      }
    } catch (IOException e) {
      throw new ConfigException("state-dir: old checkpoints can't be deleted: " + e);
    }
  }
}
