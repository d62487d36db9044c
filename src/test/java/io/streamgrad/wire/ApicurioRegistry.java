package io.streamgrad.wire;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.chaos.Maven;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Apicurio Registry, as Maven Central has it, in a process with its schemas in memory. */
final class ApicurioRegistry implements AutoCloseable {
  private static final String ARTIFACT = "io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all";
  private static final int OLDEST_JAVA = 21;
  private static final Pattern LISTENING = Pattern.compile("Listening on: (http://[^ ]+?)\\. ");
  private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(\\d+)");

  private final Process process;
  private final String url;

  private ApicurioRegistry(Process process, String url) {
    this.process = process;
    this.url = url;
  }

  /**
   * Starts it; the test is skipped where it can't be had, or no Java is new enough for it.
   *
   * @param place where it is unpacked, once
   */
  static ApicurioRegistry start(Path place) throws IOException, InterruptedException {
    String java = java();
    assumeTrue(!java.isEmpty(), "Apicurio Registry takes Java " + OLDEST_JAVA);
    Path app = place.resolve("app");
    Path jar = app.resolve("quarkus-run.jar");
    Files.createDirectories(place);
    if (!Files.exists(jar)) {
      Maven.run(
          place,
          "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack",
          "-Dartifact=" + ARTIFACT,
          "-DoutputDirectory=" + app);
    }
    Path log = place.resolve("registry.log");
    Process process =
        new ProcessBuilder(
                java,
                "-Xmx512m",
                "-Dquarkus.http.host=127.0.0.1",
                "-Dquarkus.http.port=0",
                "-Dquarkus.management.host=127.0.0.1",
                "-Dquarkus.management.port=0",
                "-jar",
                jar.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      String url =
          Awaitility.await()
              .atMost(Duration.ofMinutes(3))
              .failFast("it has ended, see " + log, () -> !process.isAlive())
              .until(() -> listening(log), found -> !found.isEmpty());
      return new ApicurioRegistry(process, url);
    } catch (RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Where one of its interfaces is. */
  String url(String path) {
    return url + "/apis/" + path;
  }

  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }

  private static String listening(Path log) {
    Matcher found = LISTENING.matcher(read(log));
    return found.find() ? found.group(1) : "";
  }

  private static String java() throws IOException {
    List<Path> homes = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"))));
    Path others = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(others)) {
      try (Stream<Path> found = Files.list(others)) {
        found.forEach(homes::add);
      }
    }
    return homes.stream()
        .filter(home -> Files.exists(home.resolve("release")))
        .filter(home -> version(home) >= OLDEST_JAVA)
        .map(home -> home.resolve("bin/java").toString())
        .findFirst()
        .orElse("");
  }

  private static int version(Path home) {
    Matcher found = VERSION.matcher(read(home.resolve("release")));
    return found.find() ? Integer.parseInt(found.group(1)) : 0;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
