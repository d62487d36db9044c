package io.streamgrad.format.changelog;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * The key of a stored record; in the order of its bytes, unsigned, as stores and topics have it.
 */
public final class Key implements Comparable<Key> {
  private final byte[] bytes;

  private Key(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A key of these bytes, which must not change any more. */
  public static Key of(byte[] bytes) {
    return new Key(bytes);
  }

  /** Its bytes; not a copy, and not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public int compareTo(Key other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Key key && Arrays.equals(bytes, key.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return HexFormat.of().formatHex(bytes);
  }
}
