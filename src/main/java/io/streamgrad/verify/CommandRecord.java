package io.streamgrad.verify;

import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.StatePiece;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record of the commands topic, read.
 *
 * @param model as the key names it; "?" where it names none
 * @param command null where it is none
 * @param misplaced whether it lies in another partition than its model lived in then
 * @param bad why it is a dead letter whenever it takes effect; null if it is a command
 */
record CommandRecord(
    ConsumerRecord<byte[], byte[]> record,
    String model,
    @Nullable DecodedCommand command,
    boolean misplaced,
    @Nullable BadRecordException bad) {
  static CommandRecord bad(
      ConsumerRecord<byte[], byte[]> record, String model, BadRecordException why) {
    return new CommandRecord(record, model, null, false, why);
  }

  long offset() {
    return record.offset();
  }

  /** The command that it is, where it is not bad. */
  DecodedCommand good() {
    return Objects.requireNonNull(command);
  }

  /** Whether it is the first piece of a state that is imported. */
  boolean beginsImport() {
    StatePiece piece = good().piece();
    return piece != null && piece.number() == 0;
  }
}
