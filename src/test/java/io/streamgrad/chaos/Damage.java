package io.streamgrad.chaos;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** What can happen to a directory. */
enum Damage {
  DELETED(Damage::delete),
  /** What Kafka Streams keeps where stores are on disk, cut off in the middle. */
  UNREADABLE(directory -> leave(directory, "0\n1\nstreamgrad-wei")),
  /** It says that the changelog has been read up to an offset. */
  OUT_OF_DATE(directory -> leave(directory, "0\n1\nstreamgrad-weights-changelog 0 40\n")),
  A_FILE_IN_ITS_PLACE(
      directory -> {
        delete(directory);
        Files.writeString(directory, "");
      }),
  READ_ONLY(directory -> mount(directory, "ro")),
  FULL(
      directory -> {
        mount(directory, "size=64k");
        fill(directory.resolve("filler"));
      });

  /** What is done to the directory. */
  private interface Harm {
    void to(Path directory) throws IOException;
  }

  @SuppressWarnings("ImmutableEnumChecker") // the lambdas above hold nothing
  private final Harm harm;

  Damage(Harm harm) {
    this.harm = harm;
  }

  void to(Path directory) throws IOException {
    harm.to(directory);
  }

  /** Whether it takes a file system of its own, which only root can mount, on Linux. */
  boolean mounts() {
    return this == READ_ONLY || this == FULL;
  }

  /** Makes it a directory that can be deleted. */
  void undo(Path directory) throws IOException {
    if (mounts()) {
      run("umount", directory.toString());
    }
  }

  private static void leave(Path directory, String checkpoint) throws IOException {
    Path application = directory.resolve("streamgrad");
    Path task = Files.createDirectories(application.resolve("0_0"));
    Files.writeString(application.resolve("kafka-streams-process-metadata"), "{\"processId\":\"");
    Files.writeString(task.resolve(".checkpoint"), checkpoint);
    Files.writeString(Files.createDirectories(task.resolve("weights")).resolve("0001.sst"), "");
  }

  private static void mount(Path directory, String option) throws IOException {
    Files.createDirectories(directory);
    run("mount", "-t", "tmpfs", "-o", option, "tmpfs", directory.toString());
  }

  private static void fill(Path filler) {
    try {
      Files.write(filler, new byte[128 * 1024]);
      throw new AssertionError("there is room for 128 kB on 64 kB");
    } catch (IOException full) {
      return;
    }
  }

  private static void delete(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> all = Files.walk(directory)) {
        for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
    }
  }

  private static void run(String... command) throws IOException {
    try {
      int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (exit != 0) {
        throw new IOException(List.of(command) + ": exit code " + exit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
