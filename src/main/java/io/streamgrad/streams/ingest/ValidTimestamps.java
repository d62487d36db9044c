package io.streamgrad.streams.ingest;

import io.streamgrad.wire.UndatedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * The time stamps of the input. A record without one is not a bad batch: it gets the highest of its
 * partition so far, or 0 if it is the first. Kafka's own extractor fails there, with the record in
 * its message. And it is marked: see {@link UndatedRecord}.
 */
public final class ValidTimestamps implements TimestampExtractor {
  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    if (record.timestamp() >= 0) {
      return record.timestamp();
    }
    UndatedRecord.mark(record.headers());
    return Math.max(0, partitionTime);
  }
}
