package io.streamgrad.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
 *
 *   slot 0, 1: the state   slot 2: the journal
 * </pre>
 *
 * <p>A model of one piece always lies in slot 0: its one record is written whole or not at all. A
 * larger one lies in slots 0 and 1 in turn: while one is written over, the other is still whole.
 * What such a model has learned since lies in slot 2, one batch after the other ({@link Journal}).
 *
 * <p>The generation of a larger model's state is the number of batches that are in it, and that of
 * a batch is its own number: after the state of generation g come the batches g + 1, g + 2 and so
 * on. (States of layout version 1 have counted the commits. They go on from there.)
 */
final class Chunks {
  /** Well below the 1 MiB that a broker accepts by default, headers and compression aside. */
  static final int MAX_BYTES = 768 * 1024;

  /** The slot of the journal. */
  static final byte JOURNAL = 2;

  private static final int KEY_SUFFIX = 1 + 1 + Integer.BYTES;
  static final int VALUE_HEADER = Long.BYTES + Integer.BYTES;

  private Chunks() {}

  /** How many pieces so many bytes make. */
  static int pieces(int length, int maxBytes) {
    return (length + maxBytes - 1) / maxBytes;
  }

  /**
   * One of the pieces of a generation.
   *
   * @param i its number, from 0
   * @param replaced the array that a key has now, or null; it is written over if it is as long as
   *     what replaces it
   */
  static KeyValue<Bytes, byte[]> piece(
      Bytes key,
      long generation,
      byte[] bytes,
      int i,
      int maxBytes,
      Function<Bytes, byte @Nullable []> replaced) {
    int from = i * maxBytes;
    int length = Math.min(maxBytes, bytes.length - from);
    byte[] old = replaced.apply(key);
    byte[] value =
        old != null && old.length == VALUE_HEADER + length ? old : new byte[VALUE_HEADER + length];
    ByteBuffer.wrap(value)
        .putLong(generation)
        .putInt(pieces(bytes.length, maxBytes))
        .put(bytes, from, length);
    return KeyValue.pair(key, value);
  }

  /** The generation that a piece is of. */
  static long generation(byte[] value) {
    if (value.length < VALUE_HEADER) {
      throw new UnreadableStateException("a piece of the stored model is too short");
    }
    return ByteBuffer.wrap(value).getLong();
  }

  /** The pieces that are there of one generation. */
  static final class Generation {
    private final long number;
    private final List<KeyValue<Bytes, byte[]>> pieces = new ArrayList<>();

    Generation(long number) {
      this.number = number;
    }

    /** Takes the next piece, in the order of the keys. */
    void add(KeyValue<Bytes, byte[]> piece) {
      pieces.add(piece);
    }

    long number() {
      return number;
    }

    List<Bytes> keys() {
      return pieces.stream().map(piece -> piece.key).toList();
    }

    /** Whether no piece is missing. */
    boolean isWhole() {
      return pieces.size() == ByteBuffer.wrap(pieces.get(0).value).getInt(Long.BYTES);
    }

    /** What was split. */
    byte[] bytes() {
      int length = pieces.stream().mapToInt(p -> p.value.length - VALUE_HEADER).sum();
      ByteBuffer whole = ByteBuffer.allocate(length);
      pieces.forEach(p -> whole.put(p.value, VALUE_HEADER, p.value.length - VALUE_HEADER));
      return whole.array();
    }
  }

  /** The model a piece belongs to. */
  static String model(Bytes key) {
    if (key.get().length < KEY_SUFFIX) {
      throw new UnreadableStateException("the changelog has a key that is no model's");
    }
    return new String(key.get(), 0, key.get().length - KEY_SUFFIX, StandardCharsets.UTF_8);
  }

  /** Whether a key is a model's, and not one of {@link PartitionRecords}. */
  static boolean isModel(Bytes key) {
    return key.get().length != KEY_SUFFIX;
  }

  /** The slot that a piece lies in. */
  static byte slot(Bytes key) {
    return key.get()[key.get().length - Integer.BYTES - 1];
  }

  /** The place of a piece in its slot. */
  static int index(Bytes key) {
    return ByteBuffer.wrap(key.get()).getInt(key.get().length - Integer.BYTES);
  }

  /** The lowest and the highest key a model's piece can have. */
  static Bytes first(String model) {
    return key(model, (byte) 0, 0);
  }

  static Bytes last(String model) {
    return key(model, JOURNAL, Integer.MAX_VALUE);
  }

  static Bytes key(String model, byte slot, int index) {
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
