package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.DecodedBatch;
import io.streamgrad.wire.ImageBatchDecoder;
import io.streamgrad.wire.InputPositions;
import io.streamgrad.wire.ModelName;
import io.streamgrad.wire.ModelPartitions;
import java.time.Duration;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Learns records of the log that the models have not learned yet, without outputs. */
final class CatchUp implements Predicate<ConsumerRecord<byte[], byte[]>> {
  private static final Logger LOG = LoggerFactory.getLogger(CatchUp.class);
  private static final Duration REPORTED = Duration.ofSeconds(10);

  private final ServiceConfig config;
  private final ModelPartitions partitions;
  private final LearnStep step;
  private long learned;
  private long reported = System.nanoTime();

  CatchUp(ServiceConfig config, ModelPartitions partitions, LearnStep step) {
    this.config = config;
    this.partitions = partitions;
    this.step = step;
  }

  /** Takes the next record; always true. */
  @Override
  public boolean test(ConsumerRecord<byte[], byte[]> record) {
    try {
      String model = ModelName.of(record.key(), config.defaultModel());
      partitions.check(record.key(), record.partition());
      DecodedBatch batch =
          ImageBatchDecoder.decode(record.headers(), record.value(), config.model(model));
      InputPosition input = InputPositions.of(record.topic(), record.partition(), record.offset());
      if (batch.batch().labeled() && step.isNew(model, input)) {
        long timestamp = Math.max(0, record.timestamp()); // -1: it has none
        step.run(new BatchOutputs(new Record<>(model, batch, timestamp), input, output -> {}));
        learned++;
      }
    } catch (BadRecordException e) {
      // It is among the dead letters: the group has committed beyond it.
    }
    if (System.nanoTime() - reported > REPORTED.toNanos()) {
      reported = System.nanoTime();
      LOG.info("at offset {}, {} batches were missing so far", record.offset(), learned);
    }
    return true;
  }

  /** Batches that were missing. */
  long learned() {
    return learned;
  }
}
