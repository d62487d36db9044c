package io.streamgrad.verify;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.ModelSnapshot;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots for one partition of the input, put together from their pieces, which lie one after the
 * other. What compaction has left of a snapshot is passed over.
 */
final class SnapshotReader implements Outputs.Reader<ModelSnapshot> {
  private final Subject subject;
  private final Map<String, ModelSnapshot> begun = new HashMap<>(); // with all pieces so far

  /** A reader of what is about a subject. */
  SnapshotReader(Subject subject) {
    this.subject = subject;
  }

  /** A snapshot's content has the whole state, as if it had been one piece. */
  @Override
  public @Nullable Output<ModelSnapshot> read(ConsumerRecord<byte[], byte[]> record)
      throws ForeignRecordException {
    if (record.value() == null) {
      throw new ForeignRecordException("is no snapshot: it has no value");
    }
    ModelSnapshot piece;
    try {
      piece = ModelSnapshot.parseFrom(record.value());
    } catch (InvalidProtocolBufferException e) {
      throw new ForeignRecordException("is no snapshot: " + e.getMessage());
    }
    InputPosition input = piece.getInput();
    // -1: before the first record, where an adoption let a model go on with a new topic.
    long place = input.getOffset() == -1 ? 0 : input.getOffset();
    if (!subject.covers(input.getTopic(), input.getPartition(), place, piece.getModel())) {
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
    return new Output<>(
        whole.getModel(), input.getOffset(), whole, whole.getSerializedSize(), record);
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
