package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.streamgrad.v1.BatchScore;
import io.streamgrad.v1.PredictionBatch;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MessageReaderTest {
  private static final PredictionBatch MESSAGE =
      PredictionBatch.newBuilder()
          .setModel("a")
          .setModelVersion(3)
          .addClasses(1)
          .addConfidences(0.1f)
          .setScore(BatchScore.newBuilder().setCorrect(1).setMeanLoss(0.25))
          .build();

  private final MessageReader<PredictionBatch> reader =
      new MessageReader<>(PredictionBatch.getDefaultInstance());

  @ParameterizedTest
  @EnumSource(names = {"PROTOBUF", "JSON"})
  void whatTheServiceWritesIsRead(ContentType type) {
    Headers headers = new RecordHeaders();
    byte[] value = new MessageSerializer<PredictionBatch>(type).serialize("t", headers, MESSAGE);

    assertThat(reader.deserialize("t", headers, value)).isEqualTo(MESSAGE);
  }

  @ParameterizedTest
  @EnumSource(names = {"PIXELS", "PNG"})
  void whatOnlyImagesAreWrittenAsIsRefused(ContentType type) {
    Headers headers = new RecordHeaders();
    type.mark(headers);

    assertThatThrownBy(() -> reader.deserialize("t", headers, MESSAGE.toByteArray()))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("not a PredictionBatch: content-type is " + type.text());
  }

  @Test
  void fieldsThatALaterVersionHasAddedAreLeftOutOfProtobuf() {
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(
                99,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("new"))
                    .build())
            .build();
    PredictionBatch newer =
        MESSAGE.toBuilder()
            .setUnknownFields(later)
            .setScore(MESSAGE.getScore().toBuilder().setUnknownFields(later))
            .build();

    assertThat(reader.deserialize("t", new RecordHeaders(), newer.toByteArray()))
        .isEqualTo(MESSAGE);
  }

  @Test
  void fieldsThatALaterVersionHasAddedAreLeftOutOfJson() {
    String newer =
        "{\"model\":\"a\",\"modelVersion\":\"3\",\"classes\":[1],\"confidences\":[0.1],"
            + "\"later\":{\"a\":[1,{}]},"
            + "\"score\":{\"correct\":1,\"later\":null,\"meanLoss\":0.25}}";

    assertThat(reader.deserialize("t", json(), newer.getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(MESSAGE);
  }

  @Test
  void whatIsNotAMessageIsRefusedWithTheReason() {
    assertThatThrownBy(
            () -> reader.deserialize("t", json(), "{}{}".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("PredictionBatch")
        .hasMessageContaining("there is more after the object");
  }

  private static Headers json() {
    Headers headers = new RecordHeaders();
    ContentType.JSON.mark(headers);
    return headers;
  }
}
