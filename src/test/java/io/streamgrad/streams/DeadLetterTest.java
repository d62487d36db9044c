package io.streamgrad.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.BadRecordException.Reason;
import io.streamgrad.wire.DeadLetterHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeadLetterTest {
  private static final List<ImageBatch> BATCHES = TestBatches.labeled(6, 3);
  private static final byte[] KEY = utf8("a");

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(
      names = {"TOO_MANY_MODELS", "NO_BATCH", "BAD_COMMAND"},
      mode = EnumSource.Mode.EXCLUDE)
  void itIsTheRecordAsItCameWithTheReasonInItsHeaders(Reason reason) {
    try (TopologyRun run = run()) {
      run.send("a", BATCHES.get(0));
      TestRecord<byte[], byte[]> bad = bad(reason);

      run.send(bad);

      List<TestRecord<byte[], byte[]>> dead = run.raw("streamgrad.dead-letters");
      assertThat(dead).hasSize(1);
      TestRecord<byte[], byte[]> letter = dead.get(0);
      assertThat(letter.key()).isEqualTo(bad.key());
      assertThat(letter.value()).isEqualTo(bad.value());
      assertThat(letter.timestamp()).isEqualTo(1234);
      assertThat(header(letter, "trace")).isEqualTo("t-1");
      assertThat(header(letter, "streamgrad.error.reason")).isEqualTo(reason.text());
      assertThat(header(letter, "streamgrad.error.timestamp")).isEqualTo("1234");
      assertThat(header(letter, "__streams.errors.message")).isNotBlank();
      assertThat(header(letter, "__streams.errors.topic")).isEqualTo("streamgrad.images");
      assertThat(header(letter, "__streams.errors.partition")).isEqualTo("0");
      assertThat(header(letter, "__streams.errors.offset")).isEqualTo("1");
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"TOO_MANY_MODELS", "NO_BATCH", "BAD_COMMAND"},
      mode = EnumSource.Mode.EXCLUDE)
  void itIsCountedUnderItsReasonOnly(Reason reason) {
    try (TopologyRun run = run()) {
      run.send(bad(reason));
      run.send(bad(reason));

      for (Reason any : Reason.values()) {
        assertThat(run.metrics().scrape())
            .contains(
                "streamgrad_dead_letters_total{reason=\"%s\"} %s"
                    .formatted(any.text(), any == reason ? "2.0" : "0.0"));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"TOO_MANY_MODELS", "NO_BATCH", "BAD_COMMAND"},
      mode = EnumSource.Mode.EXCLUDE)
  void theWeightsAreAsIfItHadNeverCome(Reason reason) {
    try (TopologyRun run = run()) {
      for (ImageBatch batch : BATCHES) {
        run.send(bad(reason));
        run.send("a", batch);
      }

      assertThat(ModelCodec.weightsSha256(run.model("a")))
          .isEqualTo(TestBatches.learnedSha256(run.config(), "a", BATCHES));
      assertThat(run.predictions()).hasSize(6);
    }
  }

  /** Models that there are go on; one that nothing was learned about is none. */
  @Test
  void aModelMoreThanThereMayBeIsOne() {
    try (TopologyRun run = new TopologyRun(directory, Map.of("models.max", "2"))) {
      ImageBatch unlabeled = BATCHES.get(0).toBuilder().clearLabels().build();
      run.send("z", unlabeled);
      run.send("a", BATCHES.get(0));
      run.send("y", unlabeled);
      run.send("b", BATCHES.get(1));
      run.send("c", BATCHES.get(2));
      run.send("z", unlabeled);
      run.send("a", BATCHES.get(2));
      run.send("b", unlabeled);

      assertThat(run.raw("streamgrad.dead-letters"))
          .extracting(letter -> header(letter, DeadLetterHeaders.OFFSET))
          .containsExactly("4");
      assertThat(run.predictions())
          .extracting(PredictionBatch::getModel)
          .containsExactly("z", "a", "y", "b", "z", "a", "b");
      assertThat(run.metrics().scrape())
          .contains("streamgrad_dead_letters_total{reason=\"too-many-models\"} 1.0")
          .contains("streamgrad_models 2.0")
          .doesNotContain("model=\"z\"", "model=\"y\"", "model=\"c\"");
      assertThat(run.weights().names()).containsExactly("a", "b");
    }
  }

  @Test
  void aRecordWithoutValueIsOne() {
    try (TopologyRun run = run()) {
      run.send(new TestRecord<>(KEY, null, new RecordHeaders(), Instant.EPOCH));

      TestRecord<byte[], byte[]> letter = run.raw("streamgrad.dead-letters").get(0);
      assertThat(letter.value()).isNull();
      assertThat(header(letter, DeadLetterHeaders.REASON)).isEqualTo("unreadable");
    }
  }

  private TopologyRun run() {
    // The driver has the first of three partitions, where "a" lives and "b" does not.
    return new TopologyRun(
        directory,
        Map.of(
            "model.max-batch-size", "10",
            "topics.partitions", "3",
            "models.partitioner", "crc32",
            "models.allow", "[a, b, f]",
            "models.f.follows", "a"));
  }

  private static TestRecord<byte[], byte[]> bad(Reason reason) {
    RecordHeaders headers = new RecordHeaders();
    headers.add("trace", utf8("t-1"));
    if (reason == Reason.UNKNOWN_CONTENT_TYPE) {
      headers.add("content-type", utf8("image/jpeg"));
    } else if (reason == Reason.BAD_HEADER) {
      headers.add("content-type", utf8("application/octet-stream"));
    }
    byte[] key =
        switch (reason) {
          case INVALID_MODEL_NAME -> utf8("a\nb");
          case MODEL_NOT_ALLOWED, TOO_MANY_MODELS -> utf8("c");
          case WRONG_PARTITION -> utf8("b");
          case FOLLOWER -> utf8("f");
          default -> KEY;
        };
    return new TestRecord<>(key, badValue(reason), headers, Instant.ofEpochMilli(1234));
  }

  private static byte[] badValue(Reason reason) {
    return switch (reason) {
      case INVALID_MODEL_NAME,
          MODEL_NOT_ALLOWED,
          TOO_MANY_MODELS,
          WRONG_PARTITION,
          FOLLOWER,
          UNKNOWN_CONTENT_TYPE,
          BAD_HEADER ->
          batch(2, 4, 0).toByteArray();
      case UNREADABLE -> utf8("garbage");
      case NO_IMAGES -> batch(2, 0).toByteArray();
      case WRONG_SHAPE -> batch(3, 4, 0).toByteArray();
      case INCOMPLETE_IMAGE -> batch(2, 5, 0).toByteArray();
      case TOO_MANY_IMAGES -> batch(2, 44).toByteArray();
      case LABEL_COUNT -> batch(2, 4, 0, 1).toByteArray();
      case LABEL_OUT_OF_RANGE -> batch(2, 4, 3).toByteArray();
      case NO_BATCH, BAD_COMMAND ->
          throw new IllegalArgumentException("no images can be one for that");
      case BATCH_ID_TOO_LONG ->
          batch(2, 4, 0).toBuilder().setBatchId("a".repeat(1025)).build().toByteArray();
    };
  }

  private static ImageBatch batch(int height, int pixels, int... labels) {
    byte[] classes = new byte[labels.length];
    for (int i = 0; i < labels.length; i++) {
      classes[i] = (byte) labels[i];
    }
    return ImageBatch.newBuilder()
        .setHeight(height)
        .setWidth(2)
        .setPixels(ByteString.copyFrom(new byte[pixels]))
        .setLabels(ByteString.copyFrom(classes))
        .build();
  }

  private static String header(TestRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
