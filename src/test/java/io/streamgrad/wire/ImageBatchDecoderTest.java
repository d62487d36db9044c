package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ConfigLoader;
import io.streamgrad.config.ModelConfig;
import io.streamgrad.learner.MiniBatch;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageBatchDecoderTest {
  private static final ModelConfig MODEL =
      ConfigLoader.load(
              null, Map.of(), Map.of("model.layers", "[4, 3, 2]", "model.max-batch-size", "3"))
          .model();

  @Test
  void pixelsAndLabelsOfAProtobufValueAreNotCopied() throws BadRecordException {
    byte[] value = batch(2, 2, 8, 2).toByteArray();

    MiniBatch batch = decode(value).batch();

    assertThat(batch.pixels()).isSameAs(value);
    assertThat(batch.labels()).isSameAs(value);
    assertThat(Arrays.copyOfRange(value, batch.pixelsOffset(), batch.pixelsOffset() + 8))
        .isEqualTo(new byte[] {0, 1, 2, 3, 4, 5, 6, 7});
    assertThat(new int[] {batch.label(0), batch.label(1)}).containsExactly(0, 1);
  }

  @Test
  void jsonGivesTheSameBatch() throws BadRecordException {
    String json = "{\"height\":2,\"width\":2,\"pixels\":\"AAECAw==\",\"labels\":\"AQ==\"}";

    MiniBatch batch = decode(json(), json.getBytes(StandardCharsets.UTF_8)).batch();

    assertThat(batch.images()).isEqualTo(1);
    assertThat(Arrays.copyOfRange(batch.pixels(), batch.pixelsOffset(), batch.pixelsOffset() + 4))
        .isEqualTo(new byte[] {0, 1, 2, 3});
    assertThat(batch.label(0)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"a, 1024, 1025", "<, 1024, 1025", "é, 512, 513", "😀, 256, 257"})
  void aBatchIdHasAtMost1024BytesOfUtf8(String character, int fits, int tooLong)
      throws BadRecordException {
    ImageBatch.Builder batch = batch(2, 2, 4, 1).toBuilder();
    String id = character.repeat(fits);

    assertThat(decode(batch.setBatchId(id).build().toByteArray()).batchId()).isEqualTo(id);
    BadRecordException error =
        Objects.requireNonNull(
            catchThrowableOfType(
                BadRecordException.class,
                () -> decode(batch.setBatchId(character.repeat(tooLong)).build().toByteArray())));
    assertThat(error.reason()).isEqualTo(Reason.BATCH_ID_TOO_LONG);
    assertThat(error).hasMessageMatching("the batch id has 102[5-8] bytes of UTF-8; .* 1024");
  }

  @Test
  void aBatchWithoutLabelsIsUnlabeled() throws BadRecordException {
    assertThat(decode(batch(2, 2, 4, 0).toByteArray()).batch().labeled()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"1, 4", "4, 1", "2, 2"})
  void anyShapeWithAsManyPixelsAsTheModelHasInputsIsTaken(int height, int width)
      throws BadRecordException {
    assertThat(decode(batch(height, width, 12, 3).toByteArray()).batch().images()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "2, 2, 0, 0, NO_IMAGES",
    "2, 3, 6, 1, WRONG_SHAPE",
    "0, 0, 4, 1, WRONG_SHAPE",
    "-1, -1, 4, 1, WRONG_SHAPE",
    "65536, 65536, 4, 1, WRONG_SHAPE",
    "2, 2, 5, 1, INCOMPLETE_IMAGE",
    "2, 2, 16, 4, TOO_MANY_IMAGES",
    "2, 2, 8, 1, LABEL_COUNT",
    "2, 2, 8, 3, LABEL_COUNT",
    "2, 2, 12, 3, LABEL_OUT_OF_RANGE"
  })
  void aBatchBeyondTheLimitsIsRefused(
      int height, int width, int pixels, int labels, Reason reason) {
    ImageBatch.Builder batch = batch(height, width, pixels, labels).toBuilder();
    if (reason == Reason.LABEL_OUT_OF_RANGE) {
      batch.setLabels(ByteString.copyFrom(new byte[] {0, 1, 2}));
    }
    assertThat(refusal(new RecordHeaders(), batch.build().toByteArray())).isEqualTo(reason);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 3_000, 100_000})
  void jsonThatIsNestedDeeplyIsRefused(int depth) {
    String arrays = "{\"height\":" + "[".repeat(depth) + "]".repeat(depth) + "}";
    String objects = "{\"height\":".repeat(depth) + "1" + "}".repeat(depth);

    for (String nested : List.of(arrays, objects, "[".repeat(depth))) {
      assertThat(refusal(json(), nested.getBytes(StandardCharsets.UTF_8)))
          .isEqualTo(Reason.UNREADABLE);
    }
  }

  private static Reason refusal(Headers headers, byte[] value) {
    BadRecordException e =
        catchThrowableOfType(BadRecordException.class, () -> decode(headers, value));
    return Objects.requireNonNull(e).reason();
  }

  private static DecodedBatch decode(byte[] value) throws BadRecordException {
    return decode(new RecordHeaders(), value);
  }

  private static DecodedBatch decode(Headers headers, byte[] value) throws BadRecordException {
    return ImageBatchDecoder.decode(headers, value, MODEL);
  }

  private static Headers json() {
    Headers headers = new RecordHeaders();
    ContentType.JSON.mark(headers);
    return headers;
  }

  /** Pixels 0, 1, 2 ... and labels 0, 1, 0, 1 ... */
  private static ImageBatch batch(int height, int width, int pixels, int labels) {
    byte[] values = new byte[pixels];
    for (int i = 0; i < pixels; i++) {
      values[i] = (byte) i;
    }
    byte[] classes = new byte[labels];
    for (int i = 0; i < labels; i++) {
      classes[i] = (byte) (i % 2);
    }
    return ImageBatch.newBuilder()
        .setHeight(height)
        .setWidth(width)
        .setPixels(ByteString.copyFrom(values))
        .setLabels(ByteString.copyFrom(classes))
        .build();
  }
}
