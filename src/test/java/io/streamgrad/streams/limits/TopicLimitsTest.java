package io.streamgrad.streams.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.wire.RecordSize;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TopicLimitsTest {
  private static final long NOW = 1_800_000_000_000L;

  @ParameterizedTest
  @CsvSource({
    "9223372036854775807, 9223372036854775807, 0, 0",
    "9223372036854775807, 9223372036854775807, 9223372036854775807, 9223372036854775807",
    "9223372036854775807, 3600000, 9223372036854775807, 1800003540000",
    "9223372036854775807, 3600000, 1800003540000, 1800003540000",
    "9223372036854775807, 3600000, 1800003540001, 1800003540000",
    "9223372036854775807, 0, 1800000000001, 1800000000000",
    "3600000, 3600000, 0, 1799996460000",
    "3600000, 3600000, 1799996460001, 1799996460001",
    "0, 0, 0, 1800000000000",
    "1000, 1000, 0, 1799999999500",
  })
  void aTimeStampThatATopicDoesNotTakeIsTheNearestThatItDoes(
      long before, long after, long timestamp, long valid) {
    TopicLimits limits = new TopicLimits(TopicLimits.DEFAULTS.size(), before, after);

    assertThat(limits.valid(timestamp, NOW)).isEqualTo(valid);
  }

  @Test
  void whereTheBrokerStampsRecordsAnyTimeStampWillDo() {
    TopicLimits limits =
        TopicLimits.of(
            config(
                Map.of(
                    "message.timestamp.type", "LogAppendTime",
                    "message.timestamp.after.max.ms", "0")),
            false);

    assertThat(limits.valid(Long.MAX_VALUE, NOW)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aSegmentIsALimitToo() {
    Map<String, String> settings = Map.of("max.message.bytes", "5000", "segment.bytes", "4000");

    assertThat(TopicLimits.of(config(settings), false).size())
        .isEqualTo(new TopicLimits.Limit(4000, "segment.bytes"));
  }

  /** What no codec can make shorter it makes longer. */
  @ParameterizedTest
  @EnumSource(CompressionType.class)
  void whatFitsFitsCompressed(CompressionType codec) {
    Random random = new Random(1);
    for (int limit : new int[] {2_000, 20_000, 300_000, 1_048_588}) {
      Map<String, String> settings = Map.of("max.message.bytes", Integer.toString(limit));
      int fits = TopicLimits.of(config(settings), codec != CompressionType.NONE).size().bytes();
      for (int period : new int[] {1, 2, 5, 61, 66, 70, 1 << 30}) {
        byte[] value =
            new byte[fits - (int) RecordSize.of(0, 100_000, new RecordHeaders()) + 100_000];
        random.nextBytes(value);
        for (int i = 0; i + 4 < value.length && period < value.length; i += period) {
          System.arraycopy(value, 0, value, i, 4); // what a codec finds again
        }
        int compressed =
            MemoryRecords.withRecords(
                    Compression.of(codec).build(), new SimpleRecord(0, new byte[0], value))
                .sizeInBytes();

        assertThat(compressed).as("period %d", period).isLessThanOrEqualTo(limit);
      }
    }
  }

  private static Config config(Map<String, String> settings) {
    List<ConfigEntry> entries = new ArrayList<>();
    settings.forEach((name, value) -> entries.add(new ConfigEntry(name, value)));
    return new Config(entries);
  }
}
