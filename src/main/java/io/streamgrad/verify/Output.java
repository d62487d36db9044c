package io.streamgrad.verify;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record of an output topic.
 *
 * @param model that it is about; "?" where it names none
 * @param inputOffset of the record that it is the outcome of
 * @param content what it says
 * @param bytes that the content takes, roughly
 * @param record itself
 */
record Output<T>(
    String model, long inputOffset, T content, long bytes, ConsumerRecord<byte[], byte[]> record) {
  /** Where it lies. */
  String place() {
    return place(record);
  }

  /** Where a record lies, such as streamgrad.predictions-0@17. */
  static String place(ConsumerRecord<?, ?> record) {
    return "%s-%d@%d".formatted(record.topic(), record.partition(), record.offset());
  }
}
