package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.internal.AbstractRecords;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordSizeTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 8191, 8192, 1_048_000})
  void itIsWhatTheProducerEstimatesAndNoLessThanWhatABrokerSees(int length) {
    Random random = new Random(length);
    for (int i = 0; i < 50; i++) {
      byte[] key = random.nextBoolean() ? new byte[random.nextInt(300)] : null;
      byte[] value = random.nextBoolean() ? new byte[length] : null;
      Headers headers = new RecordHeaders();
      for (int h = random.nextInt(130); h > 0; h--) {
        headers.add(
            "\u00e4<\ud83d\ude00".repeat(random.nextInt(30)),
            random.nextBoolean() ? null : new byte[random.nextInt(200)]);
      }

      long size = RecordSize.of(key, value, headers);

      assertThat(size)
          .isEqualTo(
              AbstractRecords.estimateSizeInBytesUpperBound(
                  RecordBatch.CURRENT_MAGIC_VALUE,
                  CompressionType.NONE,
                  key == null ? null : ByteBuffer.wrap(key),
                  value == null ? null : ByteBuffer.wrap(value),
                  headers.toArray()));
      assertThat(
              MemoryRecords.withRecords(
                      Compression.NONE,
                      new SimpleRecord(Long.MAX_VALUE, key, value, headers.toArray()))
                  .sizeInBytes())
          .isLessThanOrEqualTo((int) size);
    }
  }
}
