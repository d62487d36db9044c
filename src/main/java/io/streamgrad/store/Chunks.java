package io.streamgrad.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * A model's bytes, split so that every piece fits a Kafka record. Big-endian, so that a model's
 * pieces sort together:
 *
 * <pre>
 *   key:    model name in UTF-8, 0x00, 1 byte slot, 4 bytes index
 *   value:  8 bytes generation, 4 bytes number of pieces, then the piece
 * </pre>
 *
 * <p>A model of one piece always lies in slot 0: its one record is written whole or not at all. A
 * larger one lies in two slots in turn, by its generation. Under exactly-once all its pieces commit
 * together anyway; under at-least-once a crash may leave the newest generation incomplete, and then
 * the one before it is still there.
 */
final class Chunks {
  /** Well below the 1 MiB that a broker accepts by default, headers and compression aside. */
  static final int MAX_BYTES = 768 * 1024;

  private static final int KEY_SUFFIX = 1 + 1 + Integer.BYTES;
  private static final int VALUE_HEADER = Long.BYTES + Integer.BYTES;

  private Chunks() {}

  /**
   * Splits the bytes of a model's generation.
   *
   * @param replaced the array that a key has now, or null; it is written over if it is as long as
   *     what replaces it
   */
  static List<KeyValue<Bytes, byte[]>> split(
      String model,
      long generation,
      byte[] bytes,
      int maxBytes,
      Function<Bytes, byte @Nullable []> replaced) {
    int pieces = (bytes.length + maxBytes - 1) / maxBytes;
    byte slot = (byte) (pieces == 1 ? 0 : generation % 2);
    List<KeyValue<Bytes, byte[]>> chunks = new ArrayList<>(pieces);
    for (int i = 0; i < pieces; i++) {
      int from = i * maxBytes;
      int length = Math.min(maxBytes, bytes.length - from);
      Bytes key = key(model, slot, i);
      byte[] old = replaced.apply(key);
      byte[] value =
          old != null && old.length == VALUE_HEADER + length
              ? old
              : new byte[VALUE_HEADER + length];
      ByteBuffer.wrap(value).putLong(generation).putInt(pieces).put(bytes, from, length);
      chunks.add(KeyValue.pair(key, value));
    }
    return chunks;
  }

  /** A whole generation of a model. */
  @SuppressWarnings("ArrayRecordComponent") // handed on to the codec, compared by no one
  record Joined(long generation, byte[] bytes) {}

  /**
   * The newest whole generation among a model's pieces.
   *
   * @return null if there is none
   */
  static @Nullable Joined join(Iterable<KeyValue<Bytes, byte[]>> chunks) {
    NavigableMap<Long, List<ByteBuffer>> generations = new TreeMap<>();
    for (KeyValue<Bytes, byte[]> chunk :
        chunks) { // in the order of their keys: by slot, then index
      ByteBuffer value = ByteBuffer.wrap(chunk.value);
      generations.computeIfAbsent(value.getLong(), g -> new ArrayList<>()).add(value);
    }
    for (var generation : generations.descendingMap().entrySet()) {
      List<ByteBuffer> pieces = generation.getValue();
      if (pieces.size() == pieces.get(0).getInt(Long.BYTES)) {
        return new Joined(generation.getKey(), concatenate(pieces));
      }
    }
    return null;
  }

  private static byte[] concatenate(List<ByteBuffer> pieces) {
    int length = pieces.stream().mapToInt(p -> p.capacity() - VALUE_HEADER).sum();
    ByteBuffer whole = ByteBuffer.allocate(length);
    pieces.forEach(piece -> whole.put(piece.position(VALUE_HEADER)));
    return whole.array();
  }

  /** The model a piece belongs to. */
  static String model(Bytes key) {
    if (key.get().length < KEY_SUFFIX) {
      throw new UnreadableStateException("the changelog has a key that is no model's");
    }
    return new String(key.get(), 0, key.get().length - KEY_SUFFIX, StandardCharsets.UTF_8);
  }

  /** The lowest and the highest key a model's piece can have. */
  static Bytes first(String model) {
    return key(model, (byte) 0, 0);
  }

  static Bytes last(String model) {
    return key(model, (byte) 1, Integer.MAX_VALUE);
  }

  private static Bytes key(String model, byte slot, int index) {
    byte[] name = model.getBytes(StandardCharsets.UTF_8);
    return Bytes.wrap(
        ByteBuffer.allocate(name.length + KEY_SUFFIX)
            .put(name)
            .put((byte) 0)
            .put(slot)
            .putInt(index)
            .array());
  }
}
