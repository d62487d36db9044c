package io.streamgrad.streams.limits;

import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Gives a record that goes out the nearest time stamp that its topic takes. StepOutputs have that
 * of their batch, and the changelog, by Kafka Streams, that of the record which the stream has come
 * to; the images topic may take others than they do.
 *
 * <p>Kafka makes one for each producer; used by its stream thread.
 */
public final class OutputTimestamps implements ProducerInterceptor<byte[], byte[]> {
  private @Nullable LimitsInForce limits;

  @Override
  public void configure(Map<String, ?> settings) {
    limits = LimitsInForce.in(settings);
  }

  @Override
  public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
    Long timestamp = record.timestamp();
    if (timestamp == null) {
      return record; // the producer's clock
    }
    TopicLimits topic = Objects.requireNonNull(limits).now().of(record.topic());
    long valid = topic.valid(timestamp, System.currentTimeMillis());
    return valid == timestamp
        ? record
        : new ProducerRecord<>(
            record.topic(),
            record.partition(),
            valid,
            record.key(),
            record.value(),
            record.headers());
  }

  @Override
  public void onAcknowledgement(@Nullable RecordMetadata metadata, @Nullable Exception failure) {}

  @Override
  public void close() {}
}
