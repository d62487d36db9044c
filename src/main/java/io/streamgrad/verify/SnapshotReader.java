package io.streamgrad.verify;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.streamgrad.v1.ModelSnapshot;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots for one partition of the input, put together from their pieces, which lie one after the
 * other. What compaction has left of a snapshot is none.
 */
final class SnapshotReader implements Outputs.Reader<ModelSnapshot> {
  private final TopicPartition input;
  private final Predicate<String> models;
  private final Map<String, ModelSnapshot> begun = new HashMap<>(); // with all pieces so far

  /** For these models. */
  SnapshotReader(TopicPartition input, Predicate<String> models) {
    this.input = input;
    this.models = models;
  }

  /** A snapshot's content has the whole state, as if it had been one piece. */
  @Override
  public @Nullable Output<ModelSnapshot> read(ConsumerRecord<byte[], byte[]> record) {
    ModelSnapshot piece;
    try {
      piece = ModelSnapshot.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      return new Output<>("?", NO_INPUT, ModelSnapshot.getDefaultInstance(), record);
    }
    if (!piece.getInput().getTopic().equals(input.topic())
        || piece.getInput().getPartition() != input.partition()
        || !models.test(piece.getModel())) {
      return null;
    }
    ModelSnapshot whole = with(begun.remove(piece.getModel()), piece);
    if (whole == null) {
      return null;
    }
    if (whole.getPiece() < whole.getPieces() - 1) {
      begun.put(whole.getModel(), whole);
      return null;
    }
    return new Output<>(whole.getModel(), whole.getInput().getOffset(), whole, record);
  }

  private static @Nullable ModelSnapshot with(@Nullable ModelSnapshot before, ModelSnapshot piece) {
    if (piece.getPiece() == 0) {
      return piece;
    }
    if (before == null
        || piece.getPiece() != before.getPiece() + 1
        || piece.getModelVersion() != before.getModelVersion()) {
      return null;
    }
    ByteString state = before.getState().concat(piece.getState());
    return piece.toBuilder().setState(state).build();
  }
}
