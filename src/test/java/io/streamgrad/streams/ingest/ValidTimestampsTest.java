package io.streamgrad.streams.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.wire.UndatedRecord;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidTimestampsTest {
  @ParameterizedTest
  @CsvSource({
    "5, -1, 5",
    "0, 7, 0",
    "9223372036854775807, 7, 9223372036854775807",
    "-1, 7, 7",
    "-1, -1, 0",
    "-9223372036854775808, -1, 0"
  })
  void aRecordWithoutOneHasThatOfItsPartition(long timestamp, long partitionTime, long expected) {
    ConsumerRecord<Object, Object> record =
        new ConsumerRecord<>(
            "t",
            0,
            0,
            timestamp,
            TimestampType.CREATE_TIME,
            0,
            0,
            "key",
            "value",
            new RecordHeaders(),
            Optional.empty());

    assertThat(new ValidTimestamps().extract(record, partitionTime)).isEqualTo(expected);
    assertThat(UndatedRecord.isMarked(record.headers())).isEqualTo(timestamp < 0);
  }
}
