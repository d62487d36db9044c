package io.streamgrad.topology;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.store.ModelCodec;
import io.streamgrad.store.StoredModel;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.ModelSnapshot;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.streams.processor.StreamPartitioner;

/** A model's state as records of the snapshots topic. */
final class Snapshots {
  /** Well below the 1 MiB that a broker accepts by default. */
  static final int MAX_PIECE_BYTES = 768 * 1024;

  private Snapshots() {}

  /**
   * A snapshot, as one message or in pieces, by their keys. Two slots in turn: compaction may take
   * away a piece of the snapshot before the last one of the same slot, while a reader is on its way
   * to it; the one in the other slot is then whole.
   *
   * @param number of this snapshot in the model's life
   */
  static Map<String, ModelSnapshot> of(
      String name, StoredModel model, InputPosition input, long number) {
    ByteString state = UnsafeByteOperations.unsafeWrap(ModelCodec.encode(model));
    int pieces = (state.size() + MAX_PIECE_BYTES - 1) / MAX_PIECE_BYTES;
    ModelSnapshot.Builder snapshot =
        ModelSnapshot.newBuilder()
            .setModel(name)
            .setModelVersion(model.state().version())
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

  /** Sends a piece to the partition of the batch which led to it. */
  @SuppressWarnings("removal") // the method without headers is the abstract one until Kafka 5
  static StreamPartitioner<String, ModelSnapshot> partitioner() {
    return Snapshots::partition;
  }

  private static Optional<Set<Integer>> partition(
      String topic, String key, ModelSnapshot snapshot, int partitions) {
    return Optional.of(Set.of(snapshot.getInput().getPartition() % partitions));
  }
}
