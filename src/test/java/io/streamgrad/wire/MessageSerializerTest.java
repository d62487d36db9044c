package io.streamgrad.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.PredictionBatch;
import org.junit.jupiter.api.Test;

class MessageSerializerTest {

  @Test
  void givenAFirstPredictionThenItsJsonHasItsZerosAndNoScoreThatThereIsNoneOf() {
    PredictionBatch first =
        PredictionBatch.newBuilder()
            .setModel("digits")
            .setInput(InputPosition.newBuilder().setTopic("images"))
            .addClasses(0)
            .build();

    byte[] value = new MessageSerializer<PredictionBatch>(ContentType.JSON).serialize("", first);

    assertThat(new String(value, UTF_8))
        .isEqualTo(
            "{\"model\":\"digits\",\"modelVersion\":\"0\",\"input\":{\"topic\":\"images\","
                + "\"partition\":0,\"offset\":\"0\"},\"batchId\":\"\",\"classes\":[0],"
                + "\"confidences\":[],\"probabilities\":[],\"incarnation\":\"0\"}");
  }
}
