package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DeadLetterHeaders;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What anybody may have sent is a line of text all the same. */
class WatchedTopicTest {
  private static final String HOSTILE = "a\n\u001b[2Jb";

  @Test
  void givenControlCharactersInADeadLetterThenItsTextIsOneLineWithoutThem() {
    ConsumerRecord<byte[], byte[]> letter = record(HOSTILE.getBytes(UTF_8), new byte[3]);
    letter.headers().add(DeadLetterHeaders.MESSAGE, HOSTILE.getBytes(UTF_8));

    assertThat(WatchedTopic.DEAD_LETTERS.text(letter))
        .isEqualTo("?  ?-?@?  key a??[2Jb, 3 bytes: a??[2Jb");
  }

  @Test
  void givenControlCharactersInAPredictionThenItsTextIsOneLineWithoutThem() {
    PredictionBatch prediction = PredictionBatch.newBuilder().setModel(HOSTILE).build();

    assertThat(WatchedTopic.PREDICTIONS.text(record(null, prediction.toByteArray())))
        .startsWith("a??[2Jb v0  ")
        .doesNotContainPattern("\\p{Cntrl}");
  }

  private static ConsumerRecord<byte[], byte[]> record(byte @Nullable [] key, byte[] value) {
    return new ConsumerRecord<>("topic", 0, 0, key, value);
  }
}
