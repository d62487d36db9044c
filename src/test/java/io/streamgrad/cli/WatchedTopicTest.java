package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DeadLetterHeaders;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How records of the output topics are read, whoever has written them. */
class WatchedTopicTest {
  private static final String HOSTILE = "a\n\u001b[2Jb";

  @Test
  void givenADeadLetterThenItIsOfItsKeysModelAndOfTheOffsetInItsHeaders() {
    ConsumerRecord<byte[], byte[]> letter = record(HOSTILE.getBytes(UTF_8), new byte[3]);
    letter.headers().add(DeadLetterHeaders.MESSAGE, HOSTILE.getBytes(UTF_8));
    letter.headers().add(DeadLetterHeaders.OFFSET, "17".getBytes(UTF_8));

    WatchedRecord read = WatchedTopic.DEAD_LETTERS.read(letter);

    assertThat(read.model()).isEqualTo(HOSTILE);
    assertThat(read.inputOffset()).isEqualTo(17);
    assertThat(Printable.line(read.line().get()))
        .isEqualTo("?  ?-?@17  key a\\u000a\\u001b[2Jb, 3 bytes: a\\u000a\\u001b[2Jb");
  }

  @Test
  void givenALetterOfSomebodyElseThenItIsOfNoOffset() {
    ConsumerRecord<byte[], byte[]> letter = record(null, new byte[0]);
    letter.headers().add(DeadLetterHeaders.OFFSET, "-9x".getBytes(UTF_8));

    assertThat(WatchedTopic.DEAD_LETTERS.read(letter).inputOffset()).isEqualTo(-1);
    assertThat(WatchedTopic.DEAD_LETTERS.read(letter).model()).isEmpty();
  }

  @Test
  void givenAFirstPredictionThenItsJsonHasItsZeros() throws Exception {
    PredictionBatch first =
        PredictionBatch.newBuilder()
            .setModel("digits")
            .setInput(InputPosition.newBuilder().setTopic("images"))
            .addClasses(0)
            .build();

    JsonNode json = json(WatchedTopic.PREDICTIONS, first.toByteArray());

    assertThat(json.get("modelVersion").asText()).isEqualTo("0");
    assertThat(json.get("input").get("partition").asInt(-1)).isZero();
    assertThat(json.get("input").get("offset").asText()).isEqualTo("0");
    assertThat(json.get("classes").get(0).asInt(-1)).isZero();
    assertThat(json.has("score")).as("a score of no labels").isFalse();
  }

  @Test
  void givenAReportThenItsJsonHasItsZeros() throws Exception {
    JsonNode json =
        json(WatchedTopic.METRICS, MetricsReport.newBuilder().setModel("a").build().toByteArray());

    assertThat(json.get("diverged").asBoolean(true)).isFalse();
    assertThat(json.get("updatesSkipped").asText()).isEqualTo("0");
    assertThat(json.has("window")).isFalse();
  }

  @Test
  void givenARecordOfNoneOfTheseThenItIsRefused() {
    assertThatThrownBy(() -> WatchedTopic.PREDICTIONS.read(record(null, new byte[] {1, 2, 3})))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("not a PredictionBatch");
  }

  private static JsonNode json(WatchedTopic topic, byte[] value) throws Exception {
    return new ObjectMapper().readTree(topic.read(record(null, value)).json().get());
  }

  private static ConsumerRecord<byte[], byte[]> record(byte @Nullable [] key, byte[] value) {
    return new ConsumerRecord<>("topic", 0, 0, key, value);
  }
}
