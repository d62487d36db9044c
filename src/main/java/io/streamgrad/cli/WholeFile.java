package io.streamgrad.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.apache.kafka.common.Uuid;

/** A file of --output that is written whole or not at all. */
final class WholeFile {
  /** What is written. */
  interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private final Path file;

  /**
   * Checks that it may be written.
   *
   * @param force whether a file may be there, to be replaced
   * @throws IllegalStateException if there is no such directory, or what is there may not be
   *     replaced
   */
  WholeFile(Path file, boolean force) {
    this.file = file;
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null && !Files.isDirectory(directory)) {
      throw new IllegalStateException(
          "--output %s can't be written: %s is no directory".formatted(file, directory));
    }
    boolean exists = Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    if (exists && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IllegalStateException("--output %s is there and no regular file".formatted(file));
    }
    if (exists && !force) {
      throw new IllegalStateException(
          "--output %s is there already: --force writes over it".formatted(file));
    }
  }

  /**
   * Writes it: beside it first, then in its place.
   *
   * @throws UncheckedIOException if that fails; then there is nothing new
   */
  void write(Content content) {
    Path part = file.resolveSibling("." + file.getFileName() + "." + Uuid.randomUuid() + ".part");
    try {
      try {
        write(part, content);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("--output %s can't be written".formatted(file), e);
    }
  }

  private static void write(Path part, Content content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
      content.writeTo(out);
      out.flush();
      channel.force(true);
    }
  }
}
