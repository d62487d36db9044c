package io.streamgrad.wire;

/**
 * A piece of a state that is to be imported. The state ends with the piece that makes it whole.
 *
 * @param size of the whole state, in bytes
 * @param sha256 of it, in hexadecimal
 * @param number of the piece, from 0 on
 * @param bytes of the piece: {@value #MIN_BYTES} to {@value #MAX_BYTES}, of the last one at least 1
 */
@SuppressWarnings("ArrayRecordComponent") // compared by no one
public record StatePiece(long size, String sha256, int number, byte[] bytes) {
  /**
   * So many bytes has a piece at most: a record of them is below what a broker takes by default.
   */
  public static final int MAX_BYTES = 512 * 1024;

  /** So many has one at least that is not the last: there are no more of them than that allows. */
  public static final int MIN_BYTES = 1024;
}
