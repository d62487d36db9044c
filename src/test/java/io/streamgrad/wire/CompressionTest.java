package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Some codecs' libraries are newer than those that kafka-clients asks for (docs/SECURITY.md). */
class CompressionTest {
  @ParameterizedTest
  @EnumSource
  void givenRecordsWhenCompressedAndReadBackThenTheyAreTheSame(CompressionType type) {
    byte[] value = new byte[10_000];
    value[17] = 1;

    MemoryRecords records =
        MemoryRecords.withRecords(
            Compression.of(type).build(), new SimpleRecord(value), new SimpleRecord(value));

    assertThat(records.sizeInBytes() < value.length).isEqualTo(type != CompressionType.NONE);
    assertThat(records.records())
        .hasSize(2)
        .allSatisfy(
            record -> {
              byte[] read = new byte[record.valueSize()];
              record.value().get(read);
              assertThat(read).isEqualTo(value);
            });
  }
}
