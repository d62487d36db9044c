package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** docker-compose.yml as a project of its own, on free ports. */
final class Compose implements AutoCloseable {
  private final Path directory;
  private final List<String> program = program();
  private final Map<String, String> environment = new HashMap<>();

  /**
   * Starts nothing yet.
   *
   * @param additions the text of a file that is read after docker-compose.yml
   */
  Compose(Path directory, String additions) throws Exception {
    this.directory = directory;
    Path second = Files.writeString(directory.resolve("additions.yml"), additions);
    environment.put("COMPOSE_FILE", "docker-compose.yml:" + second);
    environment.put("COMPOSE_PROJECT_NAME", "it" + UUID.randomUUID().toString().substring(0, 8));
    for (String port : List.of("KAFKA_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT")) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        environment.put(port, Integer.toString(socket.getLocalPort()));
      }
    }
  }

  /** Whether compose is installed, and an engine answers: for JUnit's EnabledIf. */
  static boolean works() {
    return Docker.answers() && !program().isEmpty();
  }

  /** The value of KAFKA_PORT, PROMETHEUS_PORT or GRAFANA_PORT. */
  String port(String variable) {
    return environment.getOrDefault(variable, "");
  }

  /** Runs a command of compose's to its end; returns what it prints to stdout. */
  String run(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(program);
    command.addAll(Arrays.asList(arguments));
    return run(command);
  }

  /** Runs a line that begins with "docker compose" to its end; returns what it prints to stdout. */
  String runLine(String line) throws IOException {
    assertThat(line).startsWith("docker compose ");
    return run(List.of("sh", "-c", line.replaceFirst("docker compose", String.join(" ", program))));
  }

  private String run(List<String> command) throws IOException {
    Path output = Files.createTempFile(directory, "compose", ".txt");
    Path errors = Files.createTempFile(directory, "compose", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.onExit()).succeedsWithin(Duration.ofMinutes(5));
    assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
    return Files.readString(output);
  }

  /** Stops and removes its containers, volumes and network. */
  @Override
  public void close() throws IOException {
    run("down", "--volumes");
  }

  private static List<String> program() {
    return Stream.of(List.of("docker", "compose"), List.of("docker-compose"))
        .filter(Compose::works)
        .findFirst()
        .orElse(List.of());
  }

  private static boolean works(List<String> program) {
    List<String> command = new ArrayList<>(program);
    command.add("version");
    try {
      return new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start()
              .onExit()
              .join()
              .exitValue()
          == 0;
    } catch (IOException e) {
      return false; // not installed
    }
  }
}
