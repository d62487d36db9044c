package io.streamgrad;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A command in a process of its own, with the test's Java and the jars that a user has. */
public final class Running implements AutoCloseable {
  /** A command that has ended. */
  public record Ended(int exit, String output) {}

  public static final String MAIN = "io.streamgrad.Main";

  private final Path output;
  private final Process process;

  /** Starts it; its output goes to a file in the directory. */
  public Running(
      Path directory,
      List<String> jvmFlags,
      Map<String, String> environment,
      List<String> arguments)
      throws IOException {
    this(directory, withSharedClasses(jvmFlags), environment, MAIN, arguments);
  }

  /** Starts another program than Streamgrad, of the same jars. */
  public static Running program(
      Path directory, List<String> jvmFlags, String mainClass, List<String> arguments)
      throws IOException {
    return new Running(directory, withSharedClasses(jvmFlags), Map.of(), mainClass, arguments);
  }

  /** Starts a program of other jars. */
  public static Running program(
      Path directory,
      String classPath,
      List<String> jvmFlags,
      String mainClass,
      List<String> arguments)
      throws IOException {
    return new Running(directory, classPath, jvmFlags, Map.of(), mainClass, arguments);
  }

  /** Starts a JVM with no more than these flags. */
  Running(
      Path directory,
      List<String> jvmFlags,
      Map<String, String> environment,
      String mainClass,
      List<String> arguments)
      throws IOException {
    this(directory, SharedClasses.jar().toString(), jvmFlags, environment, mainClass, arguments);
  }

  private Running(
      Path directory,
      String classPath,
      List<String> jvmFlags,
      Map<String, String> environment,
      String mainClass,
      List<String> arguments)
      throws IOException {
    output = Files.createTempFile(directory, "output", ".txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.addAll(List.of("-cp", classPath, mainClass));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    process = builder.start();
  }

  private static List<String> withSharedClasses(List<String> jvmFlags) throws IOException {
    List<String> all = new ArrayList<>(SharedClasses.flags());
    all.addAll(jvmFlags);
    return all;
  }

  /** Runs one to its end, which comes too soon for an optimizing compiler to pay. */
  public static Ended run(Path directory, String... arguments)
      throws IOException, InterruptedException {
    List<String> flags = List.of("-XX:TieredStopAtLevel=1");
    try (Running running = new Running(directory, flags, Map.of(), List.of(arguments))) {
      return new Ended(running.exit(Duration.ofMinutes(2)), running.output());
    }
  }

  /** Whoever starts this in the background may have it ignore SIGINT, as do then its children. */
  public static boolean isInterruptible() {
    try {
      Process sleep = new ProcessBuilder("sleep", "30").start();
      try {
        new ProcessBuilder("kill", "-INT", Long.toString(sleep.pid())).start().waitFor();
        return sleep.waitFor(1, TimeUnit.SECONDS);
      } finally {
        sleep.destroy();
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whether it has not ended. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** What it has printed so far, to stdout and stderr. */
  public String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until the output matches; returns the first group. */
  public String awaitOutput(String regex) {
    return awaitOutput(regex, Duration.ofMillis(100));
  }

  /** As {@link #awaitOutput(String)}, looking so often. */
  public String awaitOutput(String regex, Duration pollInterval) {
    Pattern pattern = Pattern.compile(regex);
    try {
      return Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollDelay(Duration.ZERO)
          .pollInterval(pollInterval)
          .until(
              () -> {
                assertThat(process.isAlive()).as(output()).isTrue();
                Matcher matcher = pattern.matcher(output());
                return matcher.find() ? matcher.group(1) : "";
              },
              found -> !found.isEmpty());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("no \"" + regex + "\" in what it said:\n" + output(), e);
    }
  }

  /** Waits for the end of the process. */
  public int exit(Duration patience) throws InterruptedException {
    assertThat(process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    return process.exitValue();
  }

  /** Sends a signal: KILL, STOP, CONT ... */
  public void signal(String name) throws IOException, InterruptedException {
    assertThat(signalIfAlive(name)).isTrue();
  }

  /** Sends a signal, unless it has ended meanwhile; returns whether it has not. */
  public boolean signalIfAlive(String name) throws IOException, InterruptedException {
    return new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor()
        == 0;
  }

  /** SIGTERM. */
  public int terminate() throws InterruptedException {
    process.destroy();
    return exit(Duration.ofSeconds(60));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
