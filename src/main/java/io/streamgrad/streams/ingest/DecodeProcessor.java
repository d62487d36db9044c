package io.streamgrad.streams.ingest;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.InputPlace;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.Decoded;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.ImageBatchDecoder;
import io.streamgrad.wire.ModelPartitions;
import java.util.function.IntConsumer;
import org.apache.kafka.streams.processor.api.Record;

/** Bytes of the images topic to batches. */
public final class DecodeProcessor extends DecodingProcessor {
  private final ServiceConfig config;

  /**
   * The processor of one task.
   *
   * @param awaitModels returns when the models of a partition are all known
   */
  public DecodeProcessor(
      ServiceConfig config,
      ModelPartitions partitions,
      ServiceMetrics metrics,
      IntConsumer awaitModels) {
    super(config, partitions, metrics, awaitModels);
    this.config = config;
  }

  @Override
  Decoded decode(String model, Record<byte[], byte[]> record) throws BadRecordException {
    DecodedBatch batch =
        ImageBatchDecoder.decode(record.headers(), record.value(), config.model(model));
    models().check(model, batch);
    return batch;
  }

  @Override
  boolean advance(InputPlace input, long offset) {
    return input.advance(offset);
  }
}
