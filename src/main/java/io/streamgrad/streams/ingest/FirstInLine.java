package io.streamgrad.streams.ingest;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;

/**
 * The time stamps of commands, by which Kafka Streams decides whose turn it is: the lowest there
 * is, so that a command comes before the images that wait, however many do.
 */
public final class FirstInLine implements TimestampExtractor {
  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    return 0;
  }
}
