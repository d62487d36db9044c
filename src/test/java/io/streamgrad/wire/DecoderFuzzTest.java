package io.streamgrad.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import io.streamgrad.wire.pixels.PngFiles;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever bytes come in, out comes a batch that fits the model, or a reason why not. */
class DecoderFuzzTest {
  private static final int ROUNDS = 20_000;
  private static final ModelSpec MODEL =
      ConfigLoader.load(null, Map.of(), Map.of("model.layers", "[4, 3, 2]")).model();
  private static final ImageBatch GOOD =
      ImageBatch.newBuilder()
          .setHeight(2)
          .setWidth(2)
          .setPixels(ByteString.copyFrom(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}))
          .setLabels(ByteString.copyFrom(new byte[] {0, 1}))
          .setBatchId("batch 1")
          .build();

  @ParameterizedTest
  @EnumSource(ContentType.class)
  void onlyGoodBatchesAndBadRecordExceptionsComeOut(ContentType type) throws Exception {
    byte[] good =
        switch (type) {
          case PROTOBUF -> GOOD.toByteArray();
          case JSON -> JsonFormat.printer().print(GOOD).getBytes(StandardCharsets.UTF_8);
          case PIXELS -> GOOD.getPixels().toByteArray();
          case PNG -> PngFiles.png(2, 2, 1, new byte[] {1, 2, 3, 4});
        };
    Headers headers = headers(type);
    Random random = new Random(18);
    int decoded = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] value = round % 4 == 0 ? noise(random) : mutated(good, random);
      if (round % 50 == 1) {
        value = good; // of a PNG, nothing else has its check sums
      }
      decoded += decodes(headers, value) ? 1 : 0;
    }
    assertThat(decoded).isBetween(1, ROUNDS - 1); // both ends are reached
  }

  /** What is read is JSON to others, too, and the same. */
  @Test
  void whatIsReadOfJsonIsWhatProtobufsOwnParserReads() throws Exception {
    byte[] good = JsonFormat.printer().print(GOOD).getBytes(StandardCharsets.UTF_8);
    byte[] signs =
        "{}[]:,\"\\'/*-+.eE0129 \nnutrfalsNaI_=#\0\u00e9".getBytes(StandardCharsets.UTF_8);
    Random random = new Random(18);
    int read = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] value = good.clone();
      for (int changes = 1 + random.nextInt(2); changes > 0; changes--) {
        value[random.nextInt(value.length)] = signs[random.nextInt(signs.length)];
      }
      ImageBatch message;
      try {
        message = JsonMessages.read(value, ImageBatch.newBuilder()).build();
      } catch (BadRecordException e) {
        continue;
      }
      read++;
      String json = new String(value, StandardCharsets.UTF_8);
      ImageBatch.Builder expected = ImageBatch.newBuilder();
      JsonFormat.parser().ignoringUnknownFields().merge(json, expected);
      assertThat(message).as(json).isEqualTo(expected.build());
      JsonReader strict = new JsonReader(new StringReader(json));
      strict.setStrictness(Strictness.STRICT);
      strict.skipValue();
      assertThat(strict.peek()).as(json).isEqualTo(JsonToken.END_DOCUMENT);
    }
    assertThat(read).isBetween(ROUNDS / 20, ROUNDS - 1);
  }

  /** A message with whatever behind it, as Protobuf's own parser for a whole array reads it. */
  @Test
  void whatIsReadOfProtobufIsWhatProtobufsOwnParserReads() {
    Random random = new Random(18);
    int read = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] more = new byte[random.nextInt(6)];
      random.nextBytes(more);
      byte[] value = GOOD.toByteString().concat(ByteString.copyFrom(more)).toByteArray();
      boolean whole = isWhole(value);
      Reason refused = null;
      try {
        ImageBatchDecoder.decode(new RecordHeaders(), value, MODEL);
      } catch (BadRecordException e) {
        refused = e.reason();
      }
      assertThat(refused == Reason.UNREADABLE)
          .as(HexFormat.of().formatHex(value))
          .isEqualTo(!whole);
      read += whole ? 1 : 0;
    }
    assertThat(read).isBetween(ROUNDS / 20, ROUNDS - 1);
  }

  private static boolean isWhole(byte[] value) {
    try {
      return ImageBatch.parseFrom(value).isInitialized();
    } catch (InvalidProtocolBufferException e) {
      return false;
    }
  }

  /**
   * With the inputs that are kept in the test's resources; or with those that a coverage-guided
   * fuzzer thinks of: JAZZER_FUZZ=1 mvn test -Dtest=DecoderFuzzTest -Djazzer.hooks=true.
   */
  @FuzzTest(maxDuration = "2m")
  void nothingElseComesOutOfWhatAFuzzerFinds(byte[] value) {
    for (ContentType type : ContentType.values()) {
      decodes(headers(type), value);
    }
  }

  private static Headers headers(ContentType type) {
    Headers headers = new RecordHeaders();
    type.mark(headers);
    if (type == ContentType.PIXELS) {
      headers.add(ImageHeaders.HEIGHT, new byte[] {'2'});
      headers.add(ImageHeaders.WIDTH, new byte[] {'2'});
    }
    return headers;
  }

  /** Headers of whatever text: digits, commas and others. */
  @Test
  void onlyGoodBatchesAndBadRecordExceptionsComeOutOfHeaders() {
    byte[] signs = "0123456789,,, x-\u00e9planar".getBytes(StandardCharsets.UTF_8);
    String[] names = {
      ImageHeaders.HEIGHT,
      ImageHeaders.WIDTH,
      ImageHeaders.CHANNELS,
      ImageHeaders.LAYOUT,
      ImageHeaders.LABELS,
      ImageHeaders.BATCH_ID
    };
    Random random = new Random(18);
    int decoded = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Headers headers = headers(ContentType.PIXELS);
      for (int changes = random.nextInt(3); changes > 0; changes--) {
        byte[] text = new byte[random.nextInt(4)];
        for (int i = 0; i < text.length; i++) {
          text[i] = signs[random.nextInt(signs.length)];
        }
        headers.add(names[random.nextInt(names.length)], random.nextInt(9) == 0 ? null : text);
      }
      decoded += decodes(headers, new byte[random.nextInt(4) * 4]) ? 1 : 0;
    }
    assertThat(decoded).isBetween(ROUNDS / 20, ROUNDS - 1);
  }

  private static boolean decodes(Headers headers, byte[] value) {
    try {
      DecodedBatch batch = ImageBatchDecoder.decode(headers, value, MODEL);
      assertThat(batch.batch().images()).isPositive();
      assertThat(batch.batch().pixelsPerImage()).isEqualTo(4);
      assertThat(batch.batch().pixelsOffset() + 4 * batch.batch().images())
          .isLessThanOrEqualTo(batch.batch().pixels().length);
      return true;
    } catch (BadRecordException e) {
      assertThat(e).hasMessageMatching("(?s).+");
      return false;
    } catch (RuntimeException | StackOverflowError e) {
      throw new AssertionError("let through by " + HexFormat.of().formatHex(value), e);
    }
  }

  private static byte[] noise(Random random) {
    byte[] value = new byte[random.nextInt(64)];
    random.nextBytes(value);
    return value;
  }

  /** With one to three bytes changed, and sometimes cut short. */
  private static byte[] mutated(byte[] good, Random random) {
    int length = random.nextInt(4) == 0 ? random.nextInt(good.length) + 1 : good.length;
    byte[] value = Arrays.copyOf(good, length);
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      value[random.nextInt(length)] = (byte) random.nextInt(256);
    }
    return value;
  }
}
