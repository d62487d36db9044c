package io.streamgrad.streams.runtime;

import java.util.Map;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** A user's interceptor that makes every prediction larger than anything takes. */
public final class Inflating implements ProducerInterceptor<byte[], byte[]> {
  @Override
  public ProducerRecord<byte[], byte[]> onSend(ProducerRecord<byte[], byte[]> record) {
    if (record.topic().endsWith(".predictions")) {
      record.headers().add(RefusedOutputIT.MARK, new byte[2_000_000]);
    }
    return record;
  }

  @Override
  public void onAcknowledgement(@Nullable RecordMetadata metadata, @Nullable Exception failure) {}

  @Override
  public void close() {}

  @Override
  public void configure(Map<String, ?> settings) {}
}
