package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A directory in front of the PATH with Kafka's own tools, as its distribution has them, and {@code
 * streamgrad}, as the image has it.
 */
final class Tools {
  /** Kafka's scripts, and the classes that they run. */
  static final Map<String, String> OF_KAFKA =
      Map.of(
          "kafka-topics.sh", "org.apache.kafka.tools.TopicCommand",
          "kafka-consumer-groups.sh", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
          "kafka-transactions.sh", "org.apache.kafka.tools.TransactionsCommand");

  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();

  /** Writes them. */
  Tools(Path directory) throws IOException {
    this.directory = directory;
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    for (Map.Entry<String, String> tool : OF_KAFKA.entrySet()) {
      Files.writeString(
          Files.createFile(
              directory.resolve(tool.getKey()),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))),
          "#!/bin/sh\nexec %s -cp '%s' %s \"$@\"\n"
              .formatted(java, System.getProperty("java.class.path"), tool.getValue()));
    }
    for (String file : List.of("streamgrad", "jvm.options", "jvm-24.options")) {
      Files.copy(Path.of(file), directory.resolve(file));
    }
    for (String built : List.of("streamgrad.jar", "lib")) {
      Files.createSymbolicLink(directory.resolve(built), Path.of("target", built).toAbsolutePath());
    }
  }

  /** Sets a variable for all commands from now on. */
  void setVariable(String name, String value) {
    environment.put(name, value);
  }

  /** Starts a line of shell in the directory; what it prints goes to the file. */
  Process start(String line, Path output) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "exec " + line)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    builder.environment().merge("PATH", directory.toString(), (path, ours) -> ours + ":" + path);
    return builder.start();
  }

  /** Runs a line of shell to its end, which must be a success; returns what it prints. */
  String run(String line) throws IOException, InterruptedException {
    Path output = directory.resolve("output.txt");
    Process process = start(line, output);
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(line).isTrue();
      String printed = Files.readString(output);
      assertThat(process.exitValue()).as(line + ": " + printed).isZero();
      return printed;
    } finally {
      process.destroyForcibly();
    }
  }
}
