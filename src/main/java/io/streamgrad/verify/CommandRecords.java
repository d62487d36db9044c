package io.streamgrad.verify;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.CommandDecoder;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.ModelLimit;
import io.streamgrad.wire.ModelName;
import io.streamgrad.wire.ModelPartitions;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What the records of a commands topic are. Whether there is room for a model that one makes is
 * known when it takes effect only. Not thread-safe.
 */
final class CommandRecords {
  private final ServiceConfig config;
  private final PlacementHistory partitions;
  private final Predicate<String> covered;
  private final ModelLimit limit;

  /**
   * Of a partition.
   *
   * @param covered the names of the models to look at
   * @param limit counts the models of the partition, also for its images
   */
  CommandRecords(
      ServiceConfig config,
      PlacementHistory partitions,
      Predicate<String> covered,
      ModelLimit limit) {
    this.config = config;
    this.partitions = partitions;
    this.covered = covered;
    this.limit = limit;
  }

  /** Reads a record; null if it is of a model that is not looked at. */
  @Nullable CommandRecord read(ConsumerRecord<byte[], byte[]> record) {
    String name = "?";
    try {
      name = ModelName.of(record.key(), config.defaultModel());
      ModelPartitions then = partitions.atCommands(record.offset());
      then.checkCommand(record.key());
      DecodedCommand command = CommandDecoder.decode(record.headers(), record.value());
      boolean misplaced = then.misplacedCommand(record.key(), record.partition()).isPresent();
      if (covered.test(name)) {
        return new CommandRecord(record, name, command, misplaced, null);
      }
      if (!misplaced) {
        limit.check(name, command); // when it takes effect is not looked at
      }
      return null;
    } catch (BadRecordException e) {
      return covered.test(name) ? CommandRecord.bad(record, name, e) : null;
    }
  }

  /** Why a command is a dead letter if it takes effect now; null if it is none. */
  @Nullable BadRecordException refusalNow(CommandRecord command) {
    try {
      if (!command.misplaced()) {
        limit.checkRoom(command.model(), command.good());
      }
      return null;
    } catch (BadRecordException e) {
      return e;
    }
  }

  /** Counts the model of a command that takes effect now, if it makes one. */
  void letIn(CommandRecord command) {
    try {
      if (!command.misplaced()) {
        limit.check(command.model(), command.good());
      }
    } catch (BadRecordException e) {
      throw new IllegalStateException("there was room for it before", e);
    }
  }
}
