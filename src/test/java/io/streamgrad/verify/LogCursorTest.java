package io.streamgrad.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class LogCursorTest {
  private static final TopicPartition LOG = new TopicPartition("log", 0);

  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
  private final LogCursor cursor = new LogCursor(consumer, LOG, 5, 9, Duration.ofMillis(100));

  @Test
  void givenNoMoreCommittedRecordsThenItSaysFromWhichOffsetOnAndGivesUp() {
    consumer.updateBeginningOffsets(Map.of(LOG, 0L));
    consumer.addRecord(new ConsumerRecord<>("log", 0, 5, new byte[0], new byte[0]));

    assertThat(cursor.next().offset()).isEqualTo(5);
    assertThatThrownBy(cursor::hasNext)
        .isInstanceOf(VerificationException.class)
        .hasMessageContaining("log-0 was to be read up to offset 9")
        .hasMessageContaining("no committed record from offset 6 on");
  }

  @Test
  void givenALogThatIsCutWhileItIsReadThenItSaysSo() {
    consumer.updateBeginningOffsets(Map.of(LOG, 0L));
    consumer.schedulePollTask(
        () -> consumer.setPollException(new OffsetOutOfRangeException(Map.of(LOG, 5L))));

    assertThatThrownBy(cursor::hasNext)
        .isInstanceOf(VerificationException.class)
        .hasMessage(
            "log-0 was cut while it was read: offset 5 is not there any more; verify again");
  }

  @Test
  void givenRecordsBehindTheEndThenTheyAreNotRead() {
    consumer.updateBeginningOffsets(Map.of(LOG, 0L));
    consumer.addRecord(new ConsumerRecord<>("log", 0, 8, new byte[0], new byte[0]));
    consumer.addRecord(new ConsumerRecord<>("log", 0, 9, new byte[0], new byte[0]));

    assertThat(cursor).toIterable().hasSize(1);
  }
}
