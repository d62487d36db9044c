package io.streamgrad.format.exchange;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * A file of named arrays. Whatever lies in it, no more memory is taken than 1 MiB for what it says
 * of them, and for an array what the caller asks for. Used by one thread.
 */
interface ArrayFile extends Closeable {
  /** Longest description of arrays and texts, in bytes. */
  int MAX_HEADER = 1 << 20;

  /** The arrays, in the order of the file; each name once. */
  List<StoredArray> arrays();

  /** Texts by key that say where the arrays come from; none where it has none. */
  Map<String, String> metadata();

  /**
   * The numbers of an array, row by row.
   *
   * @param type that the array has
   * @return as many as its shape says, little-endian
   * @throws UnfitFileException if the file has fewer or more
   */
  ByteBuffer read(StoredArray array, ElementType type) throws IOException, UnfitFileException;
}
