package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageBatchDecoderTest {
  private static final ModelSpec MODEL =
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

  @Test
  void unknownFieldsOfAnyTypeAreIgnored() throws Exception {
    UnknownFieldSet later =
        UnknownFieldSet.newBuilder()
            .addField(14, field(f -> f.addGroup(UnknownFieldSet.newBuilder().build())))
            .addField(15, field(f -> f.addVarint(1).addFixed32(2).addFixed64(3)))
            .addField(16, field(f -> f.addLengthDelimited(ByteString.copyFromUtf8("later"))))
            .build();
    ImageBatch good = batch(2, 2, 8, 2);

    byte[] value = later.toByteString().concat(good.toByteString()).toByteArray();

    assertThat(pixels(decode(value))).isEqualTo(good.getPixels().toByteArray());
    String json = "{\"later\":[{}],\"height\":4,\"width\":1,\"pixels\":\"AAECAw\"}";
    assertThat(pixels(decode(json(), json.getBytes(StandardCharsets.UTF_8))))
        .isEqualTo(new byte[] {0, 1, 2, 3});
  }

  /** As Protobuf has it: such a field is an unknown one. */
  @Test
  void aFieldOfAnotherWireTypeIsIgnored() {
    byte[] number = bytes(batch(2, 2, 0, 0), 3 << 3, 5);

    assertThat(refusal(new RecordHeaders(), number)).isEqualTo(Reason.NO_IMAGES);
  }

  /** As Protobuf has it. */
  @Test
  void theLastOfAFieldThatComesTwiceCounts() throws BadRecordException {
    assertThat(decode(bytes(batch(7, 2, 4, 0), 1 << 3, 2)).batch().images()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "'42 1 -1', UTF-8", // a batch id that is no text
    "'42 3 -19 -96 -128', UTF-8", // of half a character
    "'0', invalid tag", // number 0
    "'0 0 0', invalid tag",
    "'123', 'end-group'", // a group that does not end
    "'124', 'end-group'", // one that did not begin
    "'12 1 2 3', 'end-group'",
    "'123 116', 'end-group'", // one that ends as another
    "'15', 'invalid wire type'",
    "'34 127 1', 'ended'", // labels that are not all there
    "'34 -1 -1 -1 -1 15', 'negative size'"
  })
  void whatComesAfterAMessageIsReadAsPartOfIt(String after, String reason) {
    int[] more = Arrays.stream(after.split(" ")).mapToInt(Integer::parseInt).toArray();

    BadRecordException e = refused(new RecordHeaders(), bytes(batch(2, 2, 4, 1), more));

    assertThat(e.reason()).isEqualTo(Reason.UNREADABLE);
    assertThat(e).hasMessageContaining(reason);
  }

  @Test
  void jsonUnderAnotherHeaderIsRefusedWithWhatToSay() {
    String json = " \n{\"height\":2,\"width\":2,\"pixels\":\"AAECAw==\"}";

    assertThat(refused(new RecordHeaders(), json.getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("it looks like JSON")
        .hasMessageContaining("content-type: application/json");
    assertThat(refused(new RecordHeaders(), "[{}]".getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("it looks like JSON");
    assertThat(refused(json(), "[{}]".getBytes(StandardCharsets.UTF_8)).getMessage())
        .doesNotContain("looks like");
  }

  @Test
  void zerosAndGarbageAreNotTakenForAnythingElse() {
    for (byte[] value : List.of(new byte[100], new byte[] {0}, new byte[] {0, 1, 2, 3})) {
      assertThat(refused(new RecordHeaders(), value).getMessage())
          .doesNotContain("schema")
          .doesNotContain("JSON");
    }
  }

  private static byte[] bytes(ImageBatch batch, int... more) {
    byte[] bytes = batch.toByteArray();
    byte[] value = Arrays.copyOf(bytes, bytes.length + more.length);
    for (int i = 0; i < more.length; i++) {
      value[bytes.length + i] = (byte) more[i];
    }
    return value;
  }

  private static UnknownFieldSet.Field field(Consumer<UnknownFieldSet.Field.Builder> values) {
    UnknownFieldSet.Field.Builder field = UnknownFieldSet.Field.newBuilder();
    values.accept(field);
    return field.build();
  }

  private static byte[] pixels(DecodedBatch decoded) {
    MiniBatch batch = decoded.batch();
    int length = batch.images() * batch.pixelsPerImage();
    return Arrays.copyOfRange(batch.pixels(), batch.pixelsOffset(), batch.pixelsOffset() + length);
  }

  private static Reason refusal(Headers headers, byte[] value) {
    return refused(headers, value).reason();
  }

  private static BadRecordException refused(Headers headers, byte[] value) {
    return Objects.requireNonNull(
        catchThrowableOfType(BadRecordException.class, () -> decode(headers, value)));
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
