package io.streamgrad.streams.input;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Reads single records of a partition, fastest in their order. One thread. */
public interface RecordReader extends AutoCloseable {
  /**
   * The committed record of an offset; waits as long as no broker answers.
   *
   * @return null if it is not there any more
   * @throws org.apache.kafka.common.KafkaException if it can't be read
   * @throws org.apache.kafka.common.errors.InterruptException if the thread is interrupted
   */
  @Nullable ConsumerRecord<byte[], byte[]> read(long offset);

  @Override
  void close();
}
