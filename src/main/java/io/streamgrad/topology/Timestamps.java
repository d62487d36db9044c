package io.streamgrad.topology;

import org.apache.kafka.streams.processor.api.Record;

/** Time stamps of what the service writes. */
final class Timestamps {
  private Timestamps() {}

  /**
   * A record with its own time stamp, or the clock's where that is earlier. Brokers refuse what is
   * too far ahead (message.timestamp.after.max.ms, an hour by default), and no output may depend on
   * what the images topic has let in.
   */
  static <K, V> Record<K, V> notAhead(Record<K, V> record) {
    long now = System.currentTimeMillis();
    return record.timestamp() > now ? record.withTimestamp(now) : record;
  }
}
