package io.streamgrad.format.changelog;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The pieces that are there of one generation of a model's state. */
public final class Generation {
  private final long number;
  private final List<Piece> pieces = new ArrayList<>();

  /** No pieces yet. */
  public Generation(long number) {
    this.number = number;
  }

  /** Takes the next piece, in the order of the keys. */
  public void add(Piece piece) {
    pieces.add(piece);
  }

  /** Its number. */
  public long number() {
    return number;
  }

  /** The keys of the pieces, in order. */
  public List<Key> keys() {
    return pieces.stream().map(Piece::key).toList();
  }

  /** Whether no piece is missing. */
  public boolean isWhole() {
    return pieces.size() == ByteBuffer.wrap(pieces.get(0).value()).getInt(Long.BYTES);
  }

  /** What was split. */
  public byte[] bytes() {
    int header = ChangelogLayout.VALUE_HEADER;
    int length = pieces.stream().mapToInt(p -> p.value().length - header).sum();
    ByteBuffer whole = ByteBuffer.allocate(length);
    pieces.forEach(p -> whole.put(p.value(), header, p.value().length - header));
    return whole.array();
  }
}
