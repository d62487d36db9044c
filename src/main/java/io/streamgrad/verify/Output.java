package io.streamgrad.verify;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record of an output topic.
 *
 * @param model that it is about; "?" where it names none
 * @param inputOffset of the record that it is the outcome of
 * @param content what it says
 * @param record itself
 */
record Output<T>(String model, long inputOffset, T content, ConsumerRecord<byte[], byte[]> record) {
  /** Where it lies. */
  String place() {
    return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
  }
}
