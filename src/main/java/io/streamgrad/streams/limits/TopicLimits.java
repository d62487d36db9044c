package io.streamgrad.streams.limits;

import io.streamgrad.wire.RecordSize;
import java.time.Duration;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.TopicConfig;

/**
 * What a topic takes.
 *
 * @param size of a record
 * @param before how old a record may be, by its time stamp and the broker's clock, milliseconds
 * @param after how far ahead, milliseconds
 */
record TopicLimits(Limit size, long before, long after) {
  /** Kafka's own, for a topic that nobody may ask about. */
  static final TopicLimits DEFAULTS =
      new TopicLimits(
          new Limit(1_048_588, TopicConfig.MAX_MESSAGE_BYTES_CONFIG),
          Long.MAX_VALUE,
          Duration.ofHours(1).toMillis());

  /** For other clocks, and for the time that a record waits to be sent. */
  private static final long SLACK = Duration.ofMinutes(1).toMillis();

  /**
   * A size that is not exceeded.
   *
   * @param bytes of a record, {@link RecordSize}
   * @param setting that it comes from
   */
  public record Limit(int bytes, String setting) {
    Limit min(Limit other) {
      return other.bytes < bytes ? other : this;
    }
  }

  /**
   * Those of a topic.
   *
   * @param compressed whether what is sent to it is compressed by the producer
   */
  static TopicLimits of(Config topic, boolean compressed) {
    Limit message = limit(topic, TopicConfig.MAX_MESSAGE_BYTES_CONFIG, DEFAULTS.size.bytes());
    String codec = text(topic, TopicConfig.COMPRESSION_TYPE_CONFIG, "producer");
    if (compressed || !(codec.equals("producer") || codec.equals("uncompressed"))) {
      message = new Limit(incompressible(message.bytes()), message.setting() + ", compressed");
    }
    Limit size = message.min(limit(topic, TopicConfig.SEGMENT_BYTES_CONFIG, Integer.MAX_VALUE));
    boolean appendTime =
        text(topic, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "").equals("LogAppendTime");
    return new TopicLimits(
        size,
        appendTime
            ? Long.MAX_VALUE
            : number(topic, TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG, DEFAULTS.before),
        appendTime
            ? Long.MAX_VALUE
            : number(topic, TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, DEFAULTS.after));
  }

  /**
   * What still fits where compression makes it longer: by less than a thirty-second and 1 KiB with
   * each of Kafka's codecs, Snappy being the worst.
   */
  private static int incompressible(int bytes) {
    return Math.max(0, bytes - bytes / 32 - 1024);
  }

  private static Limit limit(Config topic, String setting, int unknown) {
    return new Limit((int) number(topic, setting, unknown), setting);
  }

  private static long number(Config topic, String setting, long unknown) {
    return Long.parseLong(text(topic, setting, Long.toString(unknown)));
  }

  private static String text(Config topic, String setting, String unknown) {
    ConfigEntry entry = topic.get(setting);
    return entry == null || entry.value() == null ? unknown : entry.value();
  }

  /**
   * A time stamp, or the nearest one that the topic takes.
   *
   * @param timestamp 0 or above
   * @param now of the clock, in milliseconds
   */
  long valid(long timestamp, long now) {
    long earliest = now - lessSlack(before); // below 0 where any time stamp is early enough
    if (timestamp < earliest) {
      return earliest;
    }
    return timestamp - now > lessSlack(after) ? now + lessSlack(after) : timestamp;
  }

  private static long lessSlack(long span) {
    return span - Math.min(span / 2, SLACK);
  }
}
