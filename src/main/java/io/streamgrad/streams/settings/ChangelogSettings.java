package io.streamgrad.streams.settings;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;

/**
 * The settings of the changelog topic. By default its newest segment, which no broker compacts, is
 * of 1 GiB: after ten minutes of steady load it held five thousand times what a restore needs.
 */
public final class ChangelogSettings {
  private static final Duration SEGMENT = Duration.ofSeconds(30);
  private static final int SEGMENT_BYTES = 16 << 20;
  private static final double DIRTY_RATIO = 0.3;

  /** Of what marks transactions and deletions; a restore must not take longer. */
  private static final Duration DELETED = Duration.ofMinutes(5);

  private ChangelogSettings() {}

  /** By the names that Kafka gives them. */
  public static Map<String, String> byName() {
    return Map.of(
        TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT,
        TopicConfig.SEGMENT_MS_CONFIG, Long.toString(SEGMENT.toMillis()),
        TopicConfig.SEGMENT_BYTES_CONFIG, Integer.toString(SEGMENT_BYTES),
        TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG, Double.toString(DIRTY_RATIO),
        TopicConfig.DELETE_RETENTION_MS_CONFIG, Long.toString(DELETED.toMillis()),
        // The time stamps of the input, which Kafka Streams gives its records, may stand still or
        // jump, and segments with them.
        TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, TimestampType.LOG_APPEND_TIME.name);
  }
}
