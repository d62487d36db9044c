package io.streamgrad.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.ModelSnapshot;
import java.util.LinkedHashMap;
import java.util.Map;

/** A model's state as records of the snapshots topic. */
public final class SnapshotMessages {
  /** Well below the 1 MiB that a broker accepts by default. */
  public static final int MAX_PIECE_BYTES = 768 * 1024;

  private SnapshotMessages() {}

  /**
   * A snapshot, as one message or in pieces, by their keys. Two slots in turn: compaction may take
   * away a piece of the snapshot before the last one of the same slot, while a reader is on its way
   * to it; the one in the other slot is then whole.
   *
   * @param number of this snapshot in the model's life
   */
  public static Map<String, ModelSnapshot> of(
      String name, ModelEntry model, InputPosition input, long number) {
    ByteString state = UnsafeByteOperations.unsafeWrap(ModelCodec.encode(model));
    int pieces = (state.size() + MAX_PIECE_BYTES - 1) / MAX_PIECE_BYTES;
    ModelSnapshot.Builder snapshot =
        ModelSnapshot.newBuilder()
            .setModel(name)
            .setModelVersion(model.state().version())
            .setIncarnation(model.state().control().incarnation())
            .setInput(input)
            .setWeightsSha256(ModelCodec.weightsSha256(model))
            .setPieces(pieces);
    Map<String, ModelSnapshot> records = new LinkedHashMap<>();
    for (int piece = 0; piece < pieces; piece++) {
      int from = piece * MAX_PIECE_BYTES;
      int to = Math.min(state.size(), from + MAX_PIECE_BYTES);
      records.put(
          "%s/%d/%d".formatted(name, number % 2, piece),
          snapshot.setPiece(piece).setState(state.substring(from, to)).build());
    }
    return records;
  }
}
