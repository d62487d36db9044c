package io.streamgrad.store;

import io.streamgrad.format.changelog.ChangelogLayout;
import io.streamgrad.format.changelog.UnfinishedImport;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * What has come of states that are to be imported: of a model no more than one at a time. None is
 * in memory from one commit to the next. Not thread-safe.
 */
public final class ImportedPieces {
  private final PendingEdits bytes;

  ImportedPieces(PendingEdits bytes) {
    this.bytes = bytes;
  }

  /** Which state is being imported to a model; null if none is. */
  public @Nullable UnfinishedImport get(String model) {
    byte[] value = bytes.get(Bytes.wrap(ChangelogLayout.unfinishedImport(model).bytes()));
    return value == null ? null : UnfinishedImport.decode(value);
  }

  /**
   * Keeps a piece.
   *
   * @param after what has come with it, which is the first piece or the next one
   */
  public void add(String model, UnfinishedImport after, byte[] piece) {
    if (after.pieces() == 1) {
      remove(model);
    }
    bytes.put(
        Bytes.wrap(ChangelogLayout.imported(model, after.pieces() - 1).bytes()),
        ChangelogLayout.value(0, piece, 0, ChangelogLayout.MAX_BYTES));
    bytes.put(Bytes.wrap(ChangelogLayout.unfinishedImport(model).bytes()), after.encode());
  }

  /**
   * The whole state, of which nothing is kept any more.
   *
   * @param before what has come before the last piece
   * @param last that piece
   */
  public byte[] take(String model, UnfinishedImport before, byte[] last) {
    ByteBuffer whole = ByteBuffer.allocate((int) before.size());
    for (int piece = 0; piece < before.pieces(); piece++) {
      Bytes key = Bytes.wrap(ChangelogLayout.imported(model, piece).bytes());
      whole.put(ChangelogLayout.content(Objects.requireNonNull(bytes.get(key), model)));
    }
    remove(model);
    return whole.put(last).array();
  }

  /** Forgets what has come. */
  void remove(String model) {
    UnfinishedImport unfinished = get(model);
    if (unfinished != null) {
      for (int piece = 0; piece < unfinished.pieces(); piece++) {
        bytes.delete(Bytes.wrap(ChangelogLayout.imported(model, piece).bytes()));
      }
      bytes.delete(Bytes.wrap(ChangelogLayout.unfinishedImport(model).bytes()));
    }
  }
}
