package io.streamgrad.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.JsonFormat;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.ImageBatch.Layout;
import io.streamgrad.wire.BadRecordException.Reason;
import io.streamgrad.wire.pixels.PngFiles;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images as producers have them: pixels and PNG without a message, in grey and in color. */
class ImageRecordsTest {
  private static final ModelSpec GREY = model("[4, 3, 2]");
  private static final ModelSpec COLOR = model("[12, 3, 2]");

  private static final byte[] PIXELS = {1, 2, 3, 4};
  private static final byte[] RED_GREEN_BLUE = {10, 20, 30, 11, 21, 31, 12, 22, 32, 13, 23, 33};
  private static final byte[] PLANES = {10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33};
  private static final byte[] TWO = {1, 2, 3, 4, 5, 6, 7, 8};

  @Test
  void pixelsAreAValueOfTheirOwn() throws BadRecordException {
    Headers headers =
        pixels("streamgrad.height", "2", "streamgrad.width", "2", "streamgrad.labels", "1");
    headers.add("streamgrad.batch-id", "camera 7".getBytes(UTF_8));

    DecodedBatch decoded = ImageBatchDecoder.decode(headers, PIXELS, GREY);

    assertThat(pixels(decoded)).containsExactly(PIXELS);
    assertThat(decoded.batch().pixels()).isSameAs(PIXELS); // not copied
    assertThat(decoded.batch().label(0)).isEqualTo(1);
    assertThat(decoded.batchId()).isEqualTo("camera 7");
  }

  @Test
  void severalImagesHaveSeveralLabels() throws BadRecordException {
    DecodedBatch all = ImageBatchDecoder.decode(size("streamgrad.labels", "1, 0"), TWO, GREY);
    assertThat(all.batch().label(0)).isEqualTo(1);
    assertThat(all.batch().label(1)).isZero();

    DecodedBatch some = ImageBatchDecoder.decode(size("streamgrad.labels", ",1"), TWO, GREY);
    assertThat(some.batch().labeled()).isFalse();
    assertThat(Objects.requireNonNull(some.some()).images()).containsExactly(1);
    assertThat(pixels(Objects.requireNonNull(some.lesson()))).containsExactly(5, 6, 7, 8);

    assertThat(ImageBatchDecoder.decode(size(), TWO, GREY).labeled()).isFalse();
    assertThat(ImageBatchDecoder.decode(size("streamgrad.labels", " "), TWO, GREY).labeled())
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "streamgrad.height, '', BAD_HEADER, 'streamgrad.height is \"\"'",
    "streamgrad.height, 0, BAD_HEADER, a whole number from 1",
    "streamgrad.height, 2.0, BAD_HEADER, a whole number from 1",
    "streamgrad.height, -2, BAD_HEADER, a whole number from 1",
    "streamgrad.height, 1000000000, BAD_HEADER, a whole number from 1",
    "streamgrad.width, 99999999, WRONG_SHAPE, 2 x 99999999",
    "streamgrad.channels, 3, WRONG_SHAPE, '2 x 2 x 3 channels, the model takes 4 inputs'",
    "streamgrad.layout, hwc, BAD_HEADER, interleaved or planar",
    "streamgrad.labels, x, BAD_HEADER, whole numbers",
    "streamgrad.labels, 2, LABEL_OUT_OF_RANGE, classes 0 to 1",
    "streamgrad.labels, 300, LABEL_OUT_OF_RANGE, label 300",
    "streamgrad.labels, '1,1', LABEL_COUNT, 2 labels for 1 images"
  })
  void aHeaderThatDoesNotFitIsNamed(String name, String value, Reason reason, String message) {
    BadRecordException e = refused(size(name, value), PIXELS, GREY);

    assertThat(e.reason()).isEqualTo(reason);
    assertThat(e).hasMessageContaining(message);
  }

  @Test
  void pixelsNeedTheirSize() {
    assertThat(refused(pixels("streamgrad.width", "2"), PIXELS, GREY))
        .hasMessageContaining("streamgrad.height is missing");
    assertThat(refused(pixels("streamgrad.height", "2"), PIXELS, GREY))
        .hasMessageContaining("streamgrad.width is missing");
    assertThat(refused(size(), new byte[0], GREY).reason()).isEqualTo(Reason.NO_IMAGES);
    assertThat(refused(size(), new byte[5], GREY).reason()).isEqualTo(Reason.INCOMPLETE_IMAGE);
    Headers notText = size();
    notText.add("streamgrad.labels", new byte[] {-1});
    assertThat(refused(notText, PIXELS, GREY)).hasMessageContaining("labels is not UTF-8");
  }

  @Test
  void planesBecomeInterleavedEverywhere() throws Exception {
    ImageBatch message =
        ImageBatch.newBuilder()
            .setHeight(2)
            .setWidth(2)
            .setChannels(3)
            .setLayout(Layout.PLANAR)
            .setPixels(ByteString.copyFrom(PLANES).concat(ByteString.copyFrom(PLANES)))
            .build();
    byte[] json = JsonFormat.printer().print(message).getBytes(UTF_8);

    for (DecodedBatch decoded :
        new DecodedBatch[] {
          ImageBatchDecoder.decode(new RecordHeaders(), message.toByteArray(), COLOR),
          ImageBatchDecoder.decode(headers(ContentType.JSON), json, COLOR)
        }) {
      assertThat(decoded.batch().images()).isEqualTo(2);
      assertThat(Arrays.copyOf(pixels(decoded), 12)).containsExactly(RED_GREEN_BLUE);
      assertThat(Arrays.copyOfRange(pixels(decoded), 12, 24)).containsExactly(RED_GREEN_BLUE);
    }
    assertThat(
            pixels(
                ImageBatchDecoder.decode(
                    size("streamgrad.channels", "3", "streamgrad.layout", "planar"),
                    PLANES,
                    COLOR)))
        .containsExactly(RED_GREEN_BLUE);
    assertThat(
            pixels(
                ImageBatchDecoder.decode(size("streamgrad.channels", "3"), RED_GREEN_BLUE, COLOR)))
        .containsExactly(RED_GREEN_BLUE);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 13, -1, Integer.MIN_VALUE})
  void theModelsInputsAreCheckedByChannels(int channels) {
    byte[] value =
        ImageBatch.newBuilder()
            .setHeight(2)
            .setWidth(2)
            .setChannels(channels)
            .setPixels(ByteString.copyFrom(PLANES))
            .build()
            .toByteArray();

    BadRecordException e = refused(new RecordHeaders(), value, COLOR);

    assertThat(e.reason()).isEqualTo(Reason.WRONG_SHAPE);
    assertThat(e)
        .hasMessageContaining("2 x 2 x %s channels", Integer.toUnsignedString(channels))
        .hasMessageContaining("12 inputs");
  }

  @Test
  void sizesWhoseProductOverflowsDoNotFit() {
    byte[] value =
        ImageBatch.newBuilder()
            .setHeight(-1)
            .setWidth(-1)
            .setChannels(4)
            .setPixels(ByteString.copyFrom(PIXELS))
            .build()
            .toByteArray();

    assertThat(refused(new RecordHeaders(), value, GREY).reason()).isEqualTo(Reason.WRONG_SHAPE);
  }

  @Test
  void aLayoutOfALaterVersionIsRefused() {
    byte[] value =
        ImageBatch.newBuilder()
            .setHeight(2)
            .setWidth(2)
            .setLayoutValue(7)
            .setPixels(ByteString.copyFrom(PIXELS))
            .build()
            .toByteArray();

    assertThat(refused(new RecordHeaders(), value, GREY)).hasMessageContaining("layout is 7");
  }

  @Test
  void aPngIsAnImageInTheModelsColors() throws BadRecordException {
    Headers headers = headers(ContentType.PNG, "streamgrad.labels", "1");
    byte[] grey = PngFiles.png(2, 2, 1, PIXELS);
    byte[] color = PngFiles.png(2, 2, 3, RED_GREEN_BLUE);

    DecodedBatch decoded = ImageBatchDecoder.decode(headers, grey, GREY);
    assertThat(pixels(decoded)).containsExactly(PIXELS);
    assertThat(decoded.batch().label(0)).isEqualTo(1);
    assertThat(pixels(ImageBatchDecoder.decode(headers, color, COLOR)))
        .containsExactly(RED_GREEN_BLUE);
    assertThat(pixels(ImageBatchDecoder.decode(headers, color, GREY)))
        .containsExactly(18, 19, 20, 21); // (19595 * 10 + 38470 * 20 + 7471 * 30) / 65536 ...
    assertThat(pixels(ImageBatchDecoder.decode(headers, grey, COLOR)))
        .containsExactly(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4);
  }

  @Test
  void aMessageMayHavePngsInsteadOfPixels() throws BadRecordException {
    ImageBatch.Builder batch =
        ImageBatch.newBuilder()
            .addEncoded(ByteString.copyFrom(PngFiles.png(2, 2, 1, PIXELS)))
            .addEncoded(ByteString.copyFrom(PngFiles.png(2, 2, 1, new byte[] {5, 6, 7, 8})))
            .setLabels(ByteString.copyFrom(new byte[] {0, 1}));

    DecodedBatch decoded =
        ImageBatchDecoder.decode(new RecordHeaders(), batch.build().toByteArray(), GREY);
    assertThat(pixels(decoded)).containsExactly(TWO);
    assertThat(decoded.batch().label(1)).isEqualTo(1);

    byte[] both = batch.setPixels(ByteString.copyFrom(PIXELS)).build().toByteArray();
    assertThat(refused(new RecordHeaders(), both, GREY)).hasMessageContaining("one of the two");
    byte[] tooMany =
        ImageBatch.newBuilder()
            .addAllEncoded(Collections.nCopies(GREY.maxBatchSize() + 1, ByteString.EMPTY))
            .build()
            .toByteArray();
    assertThat(refused(new RecordHeaders(), tooMany, GREY).reason())
        .isEqualTo(Reason.TOO_MANY_IMAGES);
    byte[] second =
        batch.clearPixels().addEncoded(ByteString.copyFrom(new byte[] {1})).build().toByteArray();
    assertThat(refused(new RecordHeaders(), second, GREY))
        .hasMessageContaining("image 2 is not a valid PNG");
  }

  @Test
  void aPngOfAnotherSizeIsNotDecoded() {
    byte[] truncated = Arrays.copyOf(PngFiles.png(2, 3, 1, new byte[6]), 40);
    byte[] huge = PngFiles.png(2, 2, 1, PIXELS);
    huge[16] = 0x7f; // the width

    assertThat(refused(headers(ContentType.PNG), truncated, GREY))
        .hasMessageContaining("a PNG image is 2 x 3, the model takes 4 inputs");
    assertThat(refused(headers(ContentType.PNG), huge, GREY).reason())
        .isEqualTo(Reason.WRONG_SHAPE);
    assertThat(
            refused(
                headers(ContentType.PNG, "streamgrad.width", "4"),
                PngFiles.png(2, 2, 1, PIXELS),
                GREY))
        .hasMessageContaining("is said to be 0 x 4");
    assertThat(
            refused(
                headers(ContentType.PNG, "streamgrad.channels", "3"),
                PngFiles.png(2, 2, 1, PIXELS),
                GREY))
        .hasMessageContaining("3 channels are asked for");
  }

  @ParameterizedTest
  @ValueSource(strings = {"image/jpeg", "IMAGE/JPEG; q=1"})
  void jpegIsRefusedWithTheReason(String type) {
    Headers headers = new RecordHeaders();
    headers.add("content-type", type.getBytes(UTF_8));

    BadRecordException e = refused(headers, new byte[] {-1, -40, -1, 1}, GREY);

    assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_CONTENT_TYPE);
    assertThat(e).hasMessageContaining("decoders differ").hasMessageContaining("send image/png");
  }

  @Test
  void whatLooksLikeAnImageIsToldSo() {
    assertThat(refused(new RecordHeaders(), PngFiles.png(2, 2, 1, PIXELS), GREY))
        .hasMessageContaining("content-type: image/png");
    assertThat(refused(new RecordHeaders(), new byte[] {-1, -40, -1, -32, 0, 16}, GREY))
        .hasMessageContaining("JPEG");
  }

  @Test
  void otherTopicsHaveMessagesOnly() {
    BadRecordException e =
        Objects.requireNonNull(
            catchThrowableOfType(
                BadRecordException.class,
                () -> CommandDecoder.decode(headers(ContentType.PNG), PIXELS)));

    assertThat(e.reason()).isEqualTo(Reason.UNKNOWN_CONTENT_TYPE);
    assertThat(e).hasMessageContaining("image/png, which only images may be");
  }

  private static ModelSpec model(String layers) {
    return ConfigLoader.load(null, Map.of(), Map.of("model.layers", layers)).model();
  }

  private static Headers pixels(String... namesAndValues) {
    return headers(ContentType.PIXELS, namesAndValues);
  }

  private static Headers size(String... namesAndValues) {
    Headers headers = pixels("streamgrad.height", "2", "streamgrad.width", "2");
    headers(ContentType.PIXELS, namesAndValues).forEach(headers::add);
    return headers;
  }

  private static Headers headers(ContentType type, String... namesAndValues) {
    Headers headers = new RecordHeaders();
    type.mark(headers);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1].getBytes(UTF_8));
    }
    return headers;
  }

  private static byte[] pixels(DecodedBatch decoded) {
    return pixels(decoded.batch());
  }

  private static byte[] pixels(MiniBatch batch) {
    int length = batch.images() * batch.pixelsPerImage();
    return Arrays.copyOfRange(batch.pixels(), batch.pixelsOffset(), batch.pixelsOffset() + length);
  }

  private static BadRecordException refused(Headers headers, byte[] value, ModelSpec model) {
    return Objects.requireNonNull(
        catchThrowableOfType(
            BadRecordException.class, () -> ImageBatchDecoder.decode(headers, value, model)));
  }
}
