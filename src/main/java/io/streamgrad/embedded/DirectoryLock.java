package io.streamgrad.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The right to use a data directory, held by one broker of any process until it is closed or its
 * process ends. Kafka locks its directory too, but only after its controller has opened the
 * metadata log in it.
 */
final class DirectoryLock implements AutoCloseable {
  private static final String FILE = "streamgrad.lock";

  private final FileChannel channel;

  private DirectoryLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Creates the directory where it is missing and locks it.
   *
   * @throws EmbeddedBrokerException if it can't be written, or another broker uses it
   */
  static DirectoryLock acquire(Path directory) {
    FileChannel channel = open(directory);
    if (tryLock(channel, directory)) {
      return new DirectoryLock(channel);
    }
    closeQuietly(channel);
    throw new EmbeddedBrokerException(
        "The data directory " + directory + " (--data-dir) is in use by another broker");
  }

  /** Gives the directory free; the lock file stays, for deleting it would race with a new owner. */
  @Override
  public void close() {
    closeQuietly(channel);
  }

  private static FileChannel open(Path directory) {
    try {
      Files.createDirectories(directory);
      return FileChannel.open(
          directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw notWritable(directory, e);
    }
  }

  private static boolean tryLock(FileChannel channel, Path directory) {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // a broker of this very process
    } catch (IOException e) {
      closeQuietly(channel);
      throw notWritable(directory, e);
    }
  }

  private static EmbeddedBrokerException notWritable(Path directory, IOException cause) {
    return new EmbeddedBrokerException(
        "The data directory " + directory + " (--data-dir) can't be written", cause);
  }

  private static void closeQuietly(FileChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was written through the channel, so nothing is lost.
    }
  }
}
