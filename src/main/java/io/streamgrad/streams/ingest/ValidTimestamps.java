package io.streamgrad.streams.ingest;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * The time stamps of the input. A record without one is not a bad batch: it gets the highest of its
 * partition so far, or 0 if it is the first. Kafka's own extractor fails there, with the record in
 * its message.
 */
public final class ValidTimestamps implements TimestampExtractor {
  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    return record.timestamp() >= 0 ? record.timestamp() : Math.max(0, partitionTime);
  }
}
