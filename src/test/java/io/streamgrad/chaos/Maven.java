package io.streamgrad.chaos;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The Maven that runs the tests, or the one on the path, in a process of its own. */
public final class Maven {
  private Maven() {}

  /**
   * Runs it to its end, offline where the tests' own Maven is. The test is skipped, with what Maven
   * said, where there is none or it can't get what it needs.
   */
  public static void run(Path directory, String... arguments)
      throws IOException, InterruptedException {
    Path said = Files.createTempFile(directory, "maven", ".txt");
    List<String> command = new ArrayList<>(List.of(program(), "-B", "-ntp", "-q"));
    if (System.getProperty("maven.mode", "").equals("offline: true")) {
      command.add("-o");
    }
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      process = Assumptions.abort("no Maven: " + e.getMessage());
    }
    try {
      int exit = process.waitFor();
      assumeTrue(exit == 0, () -> command + " in " + directory + ":\n" + read(said));
    } finally {
      process.destroyForcibly();
    }
  }

  private static String program() {
    String home = System.getProperty("maven.home");
    return home == null ? "mvn" : String.join(File.separator, home, "bin", "mvn");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
