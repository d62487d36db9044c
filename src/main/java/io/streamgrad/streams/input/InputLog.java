package io.streamgrad.streams.input;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A topic of the input and the group's place in it, as Kafka has them. */
public interface InputLog {
  /**
   * A partition as it is now. Waits for a transaction that is about to change the committed offset.
   *
   * @throws org.apache.kafka.common.KafkaException if Kafka can't be asked
   */
  LogState state(int partition);

  /**
   * Reads the committed records between two offsets, the second one excluded; waits as long as no
   * broker answers.
   *
   * @param reader takes each; false: no more
   * @throws org.apache.kafka.common.KafkaException if they can't be read
   * @throws org.apache.kafka.common.errors.InterruptException if the thread is interrupted
   */
  void read(int partition, long from, long to, Predicate<ConsumerRecord<byte[], byte[]>> reader);

  /** Reads single records of a partition. */
  RecordReader reader(int partition);

  /**
   * Whether there is a committed record between two offsets, the second one excluded.
   *
   * @throws org.apache.kafka.common.KafkaException if Kafka can't be asked
   */
  default boolean hasRecords(int partition, long from, long to) {
    AtomicBoolean found = new AtomicBoolean();
    read(partition, from, to, record -> !found.compareAndSet(false, true));
    return found.get();
  }
}
