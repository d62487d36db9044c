package io.streamgrad;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Programs of others, run one after the other in a directory. Not thread-safe. */
public final class Programs {
  /** The Python that Debian's packages are for. */
  public static final String PYTHON = "/usr/bin/python3";

  private static final long PATIENCE_SECONDS = 60;

  private final Path directory;
  private final Map<String, String> environment;

  /** They find Python's modules in the directory too, and have these variables. */
  public Programs(Path directory, Map<String, String> environment) {
    this.directory = directory;
    this.environment = new HashMap<>(environment);
    this.environment.put("PYTHONPATH", directory.toString());
  }

  /** Whether there is such a program, and it ends well and soon. */
  public boolean works(String... command) throws InterruptedException {
    try {
      Process process = start(command);
      boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      process.destroyForcibly();
      return ended && process.exitValue() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }

  /** Runs one that must end well; returns what it printed. */
  public String run(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    try {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      String printed = output();
      assertThat(process.exitValue()).as(Arrays.toString(command) + ": " + printed).isZero();
      return printed;
    } finally {
      process.destroyForcibly();
    }
  }

  /** What the last one printed. */
  public String output() throws IOException {
    return Files.readString(file().toPath());
  }

  private Process start(String... command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(file());
    builder.environment().putAll(environment);
    return builder.start();
  }

  private File file() {
    return directory.resolve("output.txt").toFile();
  }
}
