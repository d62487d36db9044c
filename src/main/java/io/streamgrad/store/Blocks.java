package io.streamgrad.store;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Byte arrays: in memory as long as they may be, and then in a file, which has nothing in it when
 * it is opened and goes with the process, however that ends. Not thread-safe.
 */
final class Blocks {
  /** Room is given in multiples of so many bytes, so that arrays of about one length share it. */
  private static final int UNIT = 4096;

  private final HeapShare memory;
  private final Map<Long, Deque<Long>> free = new HashMap<>(); // offsets by room
  private @Nullable Path directory; // null: closed
  // Not a channel, which an interrupt of the thread that uses it would close.
  private @Nullable RandomAccessFile file; // null: nothing was written to it
  private long end;
  private long inMemory; // bytes

  /**
   * Where an array is.
   *
   * @param bytes the array itself; null: it is in the file
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  record Block(byte @Nullable [] bytes, long offset, int length) {
    private long room() {
      return (length + UNIT - 1L) / UNIT * UNIT;
    }
  }

  /** Closed; arrays may take this memory. */
  Blocks(HeapShare memory) {
    this.memory = memory;
  }

  /** Begins, empty, with a file in this directory if it comes to that. */
  void open(Path in) {
    close();
    directory = in;
  }

  /**
   * Takes a copy of an array.
   *
   * @param before is not needed any more
   * @throws UncheckedIOException if it can't be written
   */
  Block put(byte[] bytes, @Nullable Block before) {
    if (before != null && before.bytes() != null && before.length() == bytes.length) {
      // Not a new array: those of a large model outlive several commits, and would be copied.
      System.arraycopy(bytes, 0, before.bytes(), 0, bytes.length);
      return before;
    }
    if (before != null) {
      free(before); // first: it will most likely lie there
    }
    if (memory.take(bytes.length)) {
      inMemory += bytes.length;
      return new Block(bytes.clone(), 0, bytes.length);
    }
    return write(bytes);
  }

  private Block write(byte[] bytes) {
    Block block = new Block(null, end, bytes.length);
    Deque<Long> places = free.get(block.room());
    if (places == null || places.isEmpty()) {
      end += block.room();
    } else {
      block = new Block(null, places.pop(), bytes.length);
    }
    try {
      RandomAccessFile to = file();
      to.seek(block.offset());
      to.write(bytes);
      return block;
    } catch (IOException e) {
      throw failure("written to", e);
    }
  }

  /**
   * A copy of the array that was taken.
   *
   * @throws UncheckedIOException if it can't be read
   */
  byte[] get(Block block) {
    if (block.bytes() != null) {
      return block.bytes().clone();
    }
    byte[] bytes = new byte[block.length()];
    try {
      RandomAccessFile from = file();
      from.seek(block.offset());
      from.readFully(bytes);
      return bytes;
    } catch (IOException e) {
      throw failure("read from", e);
    }
  }

  /** The array is not needed any more. */
  void free(Block block) {
    if (block.bytes() != null) {
      memory.add(-block.length());
      inMemory -= block.length();
    } else {
      free.computeIfAbsent(block.room(), room -> new ArrayDeque<>()).push(block.offset());
    }
  }

  private RandomAccessFile file() throws IOException {
    RandomAccessFile opened = file;
    if (opened == null) {
      if (directory == null) {
        throw new IllegalStateException("closed");
      }
      Files.createDirectories(directory);
      Path path = Files.createTempFile(directory, "models-", null);
      opened = new RandomAccessFile(path.toFile(), "rw");
      file = opened;
      deleteName(path);
    }
    return opened;
  }

  /** The file itself is there as long as it is open. */
  private static void deleteName(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      path.toFile().deleteOnExit(); // a system that deletes no open files
    }
  }

  private UncheckedIOException failure(String what, IOException e) {
    return new UncheckedIOException(
        "models that memory has no room for can't be %s a file in %s (state-dir): %s"
            .formatted(what, directory, e.getMessage()),
        e);
  }

  /** Forgets all arrays, and the file with them. */
  void clear() {
    memory.add(-inMemory);
    inMemory = 0;
    free.clear();
    end = 0;
    RandomAccessFile closed = file;
    file = null;
    if (closed != null) {
      try {
        closed.close();
      } catch (IOException e) {
        throw failure("closed in", e);
      }
    }
  }

  /** Forgets all arrays, and takes none until it is opened again. */
  void close() {
    clear();
    directory = null;
  }
}
