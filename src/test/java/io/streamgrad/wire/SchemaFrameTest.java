package io.streamgrad.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import com.sun.management.ThreadMXBean;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values of serializers that ask a schema registry, which the service does not. */
class SchemaFrameTest {
  private static final ModelSpec MODEL =
      ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 3, 2]")).model();
  static final Path APICURIO = Path.of("src", "test", "resources", "framed", "apicurio.csv");
  static final ImageBatch BATCH =
      ImageBatch.newBuilder()
          .setHeight(2)
          .setWidth(2)
          .setPixels(ByteString.copyFrom(new byte[] {1, 2, 3, 4}))
          .setLabels(ByteString.copyFrom(new byte[] {1}))
          .build();
  private static final String JSON = json();

  /** Written by the serializer itself: src/test/registry/Apicurio.java, which RegistryIT runs. */
  @ParameterizedTest
  @CsvFileSource(resources = "/framed/apicurio.csv")
  void whatApicuriosSerializerWritesIsRead(String mode, @Nullable String headers, String value)
      throws BadRecordException {
    assertThat(read(headers(headers == null ? "" : headers), bytes(value)))
        .as(mode)
        .isEqualTo(BATCH);
  }

  /**
   * By https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/: a
   * zero, the id, and of Protobuf the path to the message, or a zero for the first. Serializers for
   * Python before 1.8 write the path without zigzag.
   */
  @ParameterizedTest
  @CsvSource({
    "00 0000002a 00",
    "00 000186a0 00",
    "00 ffffffff 00",
    "00 0000002a 02 00",
    "00 0000002a 02 04",
    "00 0000002a 04 02 06",
    "00 0000002a 04 02 8001",
    "00 0000002a 06 00 00 00",
    "00 0000002a 01 00",
    "00 0000002a 01 02",
    "00 0000002a 01 8001"
  })
  void whatConfluentsSerializerWritesIsRead(String frame) throws BadRecordException {
    byte[] value = framed(frame, BATCH.toByteArray());

    assertThat(ImageRecords.read(new RecordHeaders(), value, MODEL)).isEqualTo(BATCH);
  }

  @ParameterizedTest
  @ValueSource(strings = {"00 0000002a", "00 000000000000002a"})
  void jsonBehindAnIdIsReadWithAContentTypeOrWithout(String frame) throws BadRecordException {
    byte[] value = framed(frame, JSON.getBytes(UTF_8));
    Headers said = new RecordHeaders();
    ContentType.JSON.mark(said);

    assertThat(ImageRecords.read(said, value, MODEL)).isEqualTo(BATCH);
    assertThat(ImageRecords.read(new RecordHeaders(), value, MODEL)).isEqualTo(BATCH);
  }

  @ParameterizedTest
  @ValueSource(strings = {"__value_schema_id", "apicurio.value.contentId"})
  void anIdInTheHeadersLeavesTheMessageAsItIs(String header) throws BadRecordException {
    Headers headers = new RecordHeaders();
    headers.add(header, HexFormat.of().parseHex("000000002a"));

    assertThat(ImageRecords.read(headers, BATCH.toByteArray(), MODEL)).isEqualTo(BATCH);
    assertThat(ImageRecords.read(headers, framed("00", BATCH.toByteArray()), MODEL))
        .isEqualTo(BATCH);
    assertThat(ImageRecords.read(headers, JSON.getBytes(UTF_8), MODEL)).isEqualTo(BATCH);
  }

  @Test
  void labelsAndCommandsMayBeFramedAsWell() throws BadRecordException {
    LabelBatch labels =
        LabelBatch.newBuilder()
            .setBatchId("b")
            .setLabels(ByteString.copyFrom(new byte[] {1}))
            .build();
    byte[] value = framed("00 0000002a 02 02", labels.toByteArray());

    assertThat(readLabels(new RecordHeaders(), value))
        .extracting(decoded -> decoded.labels().batchId())
        .isEqualTo("b");
  }

  @Test
  void pixelsOfAFramedMessageAreNotCopied() throws BadRecordException {
    byte[] value = framed("00 0000002a 00", BATCH.toByteArray());

    assertThat(ImageBatchDecoder.decode(new RecordHeaders(), value, MODEL).batch().pixels())
        .isSameAs(value);
  }

  @Test
  void whatIsNotAMessageBehindAFrameIsADeadLetterThatNamesTheSchema() {
    assertThat(refused(new RecordHeaders(), framed("00 0000002a 00", new byte[] {1, 2})))
        .hasMessageContaining("schema registry's serializer")
        .hasMessageContaining("schema id 42");
    assertThat(refused(new RecordHeaders(), framed("00 0000002a", new byte[] {'{'})))
        .hasMessageContaining("in JSON")
        .hasMessageContaining("schema id 42");
  }

  /** What only looks like a type reference is the message's own. */
  @Test
  void withoutAFrameNothingIsPassedOver() throws BadRecordException {
    assertThat(SchemaFrame.of(new RecordHeaders(), BATCH.toByteArray(), ContentType.PROTOBUF))
        .isNull();
    byte[] reference = HexFormat.of().parseHex("0c0a0a496d6167654261746368");
    assertThat(SchemaFrame.of(new RecordHeaders(), reference, ContentType.PROTOBUF)).isNull();
    assertThat(SchemaFrame.of(new RecordHeaders(), JSON.getBytes(UTF_8), ContentType.PROTOBUF))
        .isNull();
    assertThat(refused(new RecordHeaders(), JSON.getBytes(UTF_8)))
        .hasMessageContaining("it looks like JSON");
  }

  @Test
  void frameOrNotTheOffsetIsWithinTheValue() {
    Random random = new Random(18);
    Headers headers = new RecordHeaders();
    headers.add("__value_schema_id", new byte[] {0, 0, 0, 0, 1});
    for (int round = 0; round < 200_000; round++) {
      byte[] value = new byte[random.nextInt(24)];
      random.nextBytes(value);
      for (int i = 0; i < Math.min(value.length, random.nextInt(12)); i++) {
        value[i] = (byte) new int[] {0, 0, 2, 4, 6, 10, 12, 128, 'a'}[random.nextInt(9)];
      }
      for (ContentType type : new ContentType[] {ContentType.PROTOBUF, ContentType.JSON}) {
        SchemaFrame frame = SchemaFrame.of(headers, value, type);
        if (frame != null) {
          assertThat(frame.offset()).isBetween(0, value.length);
        }
      }
    }
  }

  /** The usual record pays nothing for the others. */
  @Test
  void lookingForAFrameAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Headers headers = new RecordHeaders();
    headers.add("traceparent", new byte[55]);
    byte[] value = BATCH.toByteArray();
    int frames = 0;
    long allocated = Long.MAX_VALUE;
    for (int look = 0; look < 20; look++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1000; i++) {
        frames += SchemaFrame.of(headers, value, ContentType.PROTOBUF) == null ? 0 : 1;
      }
      allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
    }
    assertThat(frames).isZero();
    assertThat(allocated).isLessThan(1000); // of a thousand; the counting itself takes some
  }

  static ImageBatch read(Headers headers, byte[] value) throws BadRecordException {
    return ImageRecords.read(headers, value, MODEL);
  }

  static DecodedLabels readLabels(Headers headers, byte[] value) throws BadRecordException {
    return new LabelBatchDecoder("images").decode(headers, value, MODEL, 0);
  }

  /** Of names and hexadecimal values, {@code name=value name=value}. */
  static Headers headers(String written) {
    Headers headers = new RecordHeaders();
    for (String header : written.isEmpty() ? new String[0] : written.split(" ", -1)) {
      String[] nameAndValue = header.split("=", 2);
      headers.add(nameAndValue[0], bytes(nameAndValue[1]));
    }
    return headers;
  }

  static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static byte[] framed(String frame, byte[] message) {
    byte[] before = HexFormat.of().parseHex(frame.replace(" ", ""));
    return ByteString.copyFrom(before).concat(ByteString.copyFrom(message)).toByteArray();
  }

  private static String json() {
    try {
      return JsonFormat.printer().omittingInsignificantWhitespace().print(BATCH);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  private static BadRecordException refused(Headers headers, byte[] value) {
    return Objects.requireNonNull(
        catchThrowableOfType(
            BadRecordException.class, () -> ImageRecords.read(headers, value, MODEL)));
  }
}
