package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.DeadLetterHeaders;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A demo counts the answers to its own batches, and no others. */
class DemoAnswersTest {
  private final ServiceConfig config = ConfigLoader.load(null, Map.of(), Map.of());
  private final DemoAnswers answers = new DemoAnswers(config.topics(), "mnist", "run-2/train/");

  @Test
  void givenPredictionsOfSeveralRunsThenOnlyThisOnesAreAnswers() {
    assertThat(answers.read(prediction("run-2/train/7"))).isNotNull();
    assertThat(answers.read(prediction("run-1/train/7"))).isNull();
    assertThat(answers.read(prediction("run-2/test/7"))).isNull();
    assertThat(answers.read(prediction(""))).isNull();
  }

  @Test
  void givenRecordsThatAreNoneOfTheServicesThenTheyArePassedOver() {
    assertThat(answers.read(record(config.topics().predictions(), new byte[] {1, 2}))).isNull();
    assertThat(answers.read(record(config.topics().predictions(), null))).isNull();
    assertThat(answers.read(letter("other", new byte[] {1, 2}))).isNull();
    assertThat(answers.read(letter("other", null))).isNull();
    assertThat(answers.read(letter("mnist", batch("run-1/train/7")))).isNull();
  }

  @Test
  void givenABatchOfThisRunThatIsADeadLetterThenItEndsAndSaysWhy() {
    assertThatThrownBy(() -> answers.read(letter("mnist", batch("run-2/train/7"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("(bad-batch): label 11 of image 3");
    assertThatThrownBy(() -> answers.read(letter("mnist", null))) // its value was too large
        .isInstanceOf(IllegalStateException.class);
  }

  private ConsumerRecord<byte[], byte[]> prediction(String id) {
    return record(
        config.topics().predictions(),
        PredictionBatch.newBuilder().setBatchId(id).build().toByteArray());
  }

  private static byte[] batch(String id) {
    return ImageBatch.newBuilder().setBatchId(id).build().toByteArray();
  }

  private ConsumerRecord<byte[], byte[]> letter(String model, byte @Nullable [] value) {
    ConsumerRecord<byte[], byte[]> letter =
        new ConsumerRecord<>(config.topics().deadLetters(), 0, 0, model.getBytes(UTF_8), value);
    letter.headers().add(DeadLetterHeaders.REASON, "bad-batch".getBytes(UTF_8));
    letter.headers().add(DeadLetterHeaders.MESSAGE, "label 11 of image 3".getBytes(UTF_8));
    return letter;
  }

  private static ConsumerRecord<byte[], byte[]> record(String topic, byte @Nullable [] value) {
    return new ConsumerRecord<>(topic, 0, 0, null, value);
  }
}
