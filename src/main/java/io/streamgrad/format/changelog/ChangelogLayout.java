package io.streamgrad.format.changelog;

import io.streamgrad.format.state.UnreadableStateException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A model's bytes, split so that every piece fits a Kafka record. Big-endian, so that a model's
 * pieces sort together:
 *
 * <pre>
 *   key:    model name in UTF-8, 0x00, 1 byte slot, 4 bytes index
 *   value:  8 bytes generation, 4 bytes number of pieces, then the piece
 *
 *   slot 0, 1: the state   slot 2: what earlier versions kept of a large model's batches
 *   slot 3: states that are kept under tags, {@link TaggedState}; index: place * 65,536 + piece
 *   slot 4: what is left of a model that was deleted, {@link DeletedModel}
 *   slot 5: what has come of a state that is to be imported, {@link UnfinishedImport}; index 0: which
 *           it is, from 1 on: its pieces
 *   slot 6: how a follower compares with its leader, {@link ComparisonLayout}
 * </pre>
 *
 * <p>A model of one piece always lies in slot 0: its one record is written whole or not at all. A
 * larger one lies in slots 0 and 1 in turn: while one is written over, the other is still whole. A
 * state has a higher generation than all that was written of its model before; pieces of one
 * generation are of one state.
 */
public final class ChangelogLayout {
  /** Well below the 1 MiB that a broker accepts by default, headers and compression aside. */
  public static final int MAX_BYTES = 768 * 1024;

  /** The slot of batches that earlier versions kept: no more written, and not read. */
  public static final byte BATCHES = 2;

  /** The slot of states that are kept under tags. */
  public static final byte TAGS = 3;

  /** The slot of what is left of a model that was deleted. */
  public static final byte DELETED = 4;

  /** The slot of what has come of a state that is to be imported. */
  public static final byte IMPORT = 5;

  /** The slot of how a follower compares with its leader, the last one. */
  public static final byte COMPARISON = 6;

  private static final int PIECES_OF_A_TAG = 1 << Short.SIZE;

  private static final int KEY_SUFFIX = 1 + 1 + Integer.BYTES;

  /** Bytes before the piece itself. */
  static final int VALUE_HEADER = Long.BYTES + Integer.BYTES;

  private ChangelogLayout() {}

  /** How many pieces so many bytes make. */
  public static int pieces(int length, int maxBytes) {
    return (length + maxBytes - 1) / maxBytes;
  }

  /**
   * The value of one of the pieces of a generation.
   *
   * @param i its number, from 0
   */
  public static byte[] value(long generation, byte[] bytes, int i, int maxBytes) {
    int from = i * maxBytes;
    int length = Math.min(maxBytes, bytes.length - from);
    byte[] value = new byte[VALUE_HEADER + length];
    ByteBuffer.wrap(value)
        .putLong(generation)
        .putInt(pieces(bytes.length, maxBytes))
        .put(bytes, from, length);
    return value;
  }

  /** The generation that a piece is of. */
  public static long generation(byte[] value) {
    if (value.length < VALUE_HEADER) {
      throw new UnreadableStateException("a piece of the stored model is too short");
    }
    return ByteBuffer.wrap(value).getLong();
  }

  /** The model a piece belongs to. */
  public static String model(Key key) {
    if (key.bytes().length < KEY_SUFFIX) {
      throw new UnreadableStateException("the changelog has a key that is no model's");
    }
    return new String(key.bytes(), 0, key.bytes().length - KEY_SUFFIX, StandardCharsets.UTF_8);
  }

  /** Whether a key is a model's, and not one of {@link PartitionRecords}. */
  public static boolean isModel(Key key) {
    return key.bytes().length != KEY_SUFFIX;
  }

  /** The slot that a piece lies in. */
  public static byte slot(Key key) {
    return key.bytes()[key.bytes().length - Integer.BYTES - 1];
  }

  /** The place of a piece in its slot. */
  public static int index(Key key) {
    return ByteBuffer.wrap(key.bytes()).getInt(key.bytes().length - Integer.BYTES);
  }

  /** The lowest key that a model's piece can have. */
  public static Key first(String model) {
    return key(model, (byte) 0, 0);
  }

  /** The highest key that a model's piece can have. */
  public static Key last(String model) {
    return key(model, BATCHES, Integer.MAX_VALUE);
  }

  /** The key of a piece of what is kept in one of a model's places for tags. */
  public static Key tag(String model, int place, int piece) {
    return key(model, TAGS, place * PIECES_OF_A_TAG + piece);
  }

  /** Whether a key is that of the first piece of what is kept under a tag, which names it. */
  public static boolean isTag(Key key) {
    return isModel(key) && slot(key) == TAGS && index(key) % PIECES_OF_A_TAG == 0;
  }

  /** The place for tags that a piece lies in. */
  public static int place(Key key) {
    return index(key) / PIECES_OF_A_TAG;
  }

  /** The key of what is left of a model that was deleted. */
  public static Key deleted(String model) {
    return key(model, DELETED, 0);
  }

  /** The key of what says which state is being imported to a model. */
  public static Key unfinishedImport(String model) {
    return key(model, IMPORT, 0);
  }

  /** The key of a piece of it, by its number from 0 on. */
  public static Key imported(String model, int piece) {
    return key(model, IMPORT, 1 + piece);
  }

  /** The key of how a follower compares with its leader. */
  public static Key comparison(String follower) {
    return key(follower, COMPARISON, 0);
  }

  /** How many pieces there are of that which a piece is of. */
  public static int pieces(byte[] value) {
    generation(value); // long enough
    return ByteBuffer.wrap(value).getInt(Long.BYTES);
  }

  /** A piece without what stands before it. */
  public static byte[] content(byte[] value) {
    generation(value);
    return Arrays.copyOfRange(value, VALUE_HEADER, value.length);
  }

  /** The key of a piece. */
  public static Key key(String model, byte slot, int index) {
    byte[] name = model.getBytes(StandardCharsets.UTF_8);
    return Key.of(
        ByteBuffer.allocate(name.length + KEY_SUFFIX)
            .put(name)
            .put((byte) 0)
            .put(slot)
            .putInt(index)
            .array());
  }

  /** The length of the keys of a model whose name has so many bytes. */
  public static int keyBytes(int name) {
    return KEY_SUFFIX + name;
  }

  /** The length of the longest value of a model whose state has so many bytes. */
  public static int largestValue(long state) {
    return VALUE_HEADER + (int) Math.min(state, MAX_BYTES);
  }
}
