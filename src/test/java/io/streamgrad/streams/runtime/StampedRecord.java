package io.streamgrad.streams.runtime;

import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** A record with any time stamp; Kafka's Java producer sends -1 too, but lets nobody say so. */
final class StampedRecord extends ProducerRecord<byte[], byte[]> {
  private final @Nullable Long stamp;

  /**
   * A record for partition 0.
   *
   * @param timestamp null for the producer's clock
   */
  StampedRecord(
      String topic,
      @Nullable Long timestamp,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Iterable<Header> headers) {
    super(topic, 0, null, key, value, headers);
    stamp = timestamp;
  }

  @Override
  public @Nullable Long timestamp() {
    return stamp;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
