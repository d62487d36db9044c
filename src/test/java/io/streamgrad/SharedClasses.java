package io.streamgrad;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The classes of all commands in an archive that the JVM maps instead of loading them one by one:
 * the tests start a hundred processes, each of which would otherwise spend half its start on that.
 */
final class SharedClasses {
  private static final Path JAR = Path.of("target", "streamgrad.jar");

  private static final Path ARCHIVE =
      Path.of("target", "classes-" + Runtime.version() + ".jsa").toAbsolutePath();

  private static final Path LOCK = Path.of("target", "classes.lock");

  private SharedClasses() {}

  /** What a user runs, with the jars that its manifest names; fails where it is not built. */
  static Path jar() {
    assertThat(JAR).as("the jar that this test starts; mvn -DskipTests package makes it").exists();
    return JAR.toAbsolutePath();
  }

  /** The flags for a JVM whose class path is the jar. */
  static synchronized List<String> flags() throws IOException {
    FileTime built = Files.getLastModifiedTime(jar());
    // Tests in another JVM want it too.
    try (FileChannel lock = FileChannel.open(LOCK, CREATE, WRITE)) {
      lock.lock();
      if (!Files.exists(ARCHIVE) || Files.getLastModifiedTime(ARCHIVE).compareTo(built) < 0) {
        make();
      }
    }
    return List.of("-XX:SharedArchiveFile=" + ARCHIVE);
  }

  /** Of a demo, which is broker, service and producer in one process that ends by itself. */
  private static void make() throws IOException {
    Path directory = Files.createTempDirectory(JAR.getParent(), "demo");
    Path archive = directory.resolve("classes.jsa");
    try (Running demo =
        new Running(
            directory,
            List.of(
                "-XX:TieredStopAtLevel=1", "-Xlog:cds*=off", "-XX:ArchiveClassesAtExit=" + archive),
            Map.of(),
            Running.MAIN,
            List.of(
                "demo",
                "--exit",
                "--data-dir",
                directory.toString(),
                "--port",
                "0",
                "--metrics-port",
                "0",
                "--batch-size",
                "1000"))) {
      assertThat(demo.exit(Duration.ofMinutes(2))).as(demo.output()).isZero();
      Files.move(archive, ARCHIVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
