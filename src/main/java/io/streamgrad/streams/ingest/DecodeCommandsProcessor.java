package io.streamgrad.streams.ingest;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.InputPlace;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.CommandDecoder;
import io.streamgrad.wire.Decoded;
import io.streamgrad.wire.DecodedCommand;
import io.streamgrad.wire.MisplacedCommand;
import io.streamgrad.wire.ModelPartitions;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Bytes of the commands topic to commands. */
public final class DecodeCommandsProcessor extends DecodingProcessor {
  private final ModelPartitions partitions;

  /**
   * The processor of one task.
   *
   * @param awaitModels returns when the models of a partition are all known
   */
  public DecodeCommandsProcessor(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      IntConsumer awaitModels) {
    super(config, partitions, metrics, awaitModels);
    this.partitions = partitions;
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    // That of the record was given up for its turn; what comes of a command has the time at which
    // it took effect, so that its topic keeps it as long as others.
    super.process(record.withTimestamp(context().currentSystemTimeMs()));
  }

  @Override
  void check(ModelPartitions where, byte @Nullable [] key) throws BadRecordException {
    where.checkCommand(key);
  }

  @Override
  Decoded decode(String model, Record<byte[], byte[]> record) throws BadRecordException {
    DecodedCommand command = CommandDecoder.decode(record.headers(), record.value());
    Optional<String> misplaced = partitions.misplacedCommand(record.key(), partition());
    if (misplaced.isPresent()) {
      return new MisplacedCommand(command, misplaced.get());
    }
    if (command.piece() != null) {
      models().check(model, command);
    }
    return command;
  }

  @Override
  boolean advance(InputPlace input, long offset) {
    return input.advanceCommands(offset);
  }
}
