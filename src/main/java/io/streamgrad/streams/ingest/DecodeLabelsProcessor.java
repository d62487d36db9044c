package io.streamgrad.streams.ingest;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.InputPlace;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.Decoded;
import io.streamgrad.wire.LabelBatchDecoder;
import io.streamgrad.wire.ModelPartitions;
import org.apache.kafka.streams.processor.api.Record;

/** Bytes of the labels topic to labels. */
public final class DecodeLabelsProcessor extends DecodingProcessor {
  private final ServiceConfig config;
  private final LabelBatchDecoder decoder;

  /** The processor of one task. */
  public DecodeLabelsProcessor(
      ServiceConfig config, ModelPartitions partitions, ServiceMetrics metrics) {
    super(config, partitions, metrics, partition -> {}); // labels make no model
    this.config = config;
    decoder = new LabelBatchDecoder(config.topics().images());
  }

  @Override
  Decoded decode(String model, Record<byte[], byte[]> record) throws BadRecordException {
    return decoder.decode(record.headers(), record.value(), config.model(model), partition());
  }

  @Override
  boolean advance(InputPlace input, long offset) {
    return input.advanceLabels(offset);
  }
}
