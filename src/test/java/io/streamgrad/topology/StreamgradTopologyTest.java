package io.streamgrad.topology;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.streamgrad.config.ConfigLoader;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.store.ModelCodec;
import io.streamgrad.store.StoredModel;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.MessageReader;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StreamgradTopologyTest {
  @TempDir private Path directory;
  private ServiceConfig config;
  private ServiceMetrics metrics;
  private TopologyTestDriver driver;
  private TestInputTopic<byte[], byte[]> images;
  private TestOutputTopic<String, PredictionBatch> predictions;
  private TestOutputTopic<String, MetricsReport> reports;
  private TestOutputTopic<byte[], byte[]> deadLetters;

  @BeforeEach
  void start() {
    config =
        ConfigLoader.load(
            null,
            Map.of(),
            Map.of(
                "model.layers", "[4, 5, 3]",
                "model.max-batch-size", "10",
                "reports.every-images", "20",
                "state-dir", directory.toString()));
    metrics =
        new ServiceMetrics(
            Arrays.stream(BadRecordException.Reason.values())
                .map(BadRecordException.Reason::text)
                .toList());
    Properties properties = new Properties();
    properties.putAll(StreamsProperties.of(config));
    driver = new TopologyTestDriver(StreamgradTopology.build(config, metrics), properties);
    images =
        driver.createInputTopic(
            "streamgrad.images", new ByteArraySerializer(), new ByteArraySerializer());
    predictions =
        driver.createOutputTopic(
            "streamgrad.predictions",
            new StringDeserializer(),
            new MessageReader<>(PredictionBatch.getDefaultInstance()));
    reports =
        driver.createOutputTopic(
            "streamgrad.metrics",
            new StringDeserializer(),
            new MessageReader<>(MetricsReport.getDefaultInstance()));
    deadLetters =
        driver.createOutputTopic(
            "streamgrad.dead-letters", new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  @AfterEach
  void stop() {
    driver.close();
    metrics.close();
  }

  @Test
  void theTopologyIsAsItWas() throws Exception {
    try (InputStream in = StreamgradTopologyTest.class.getResourceAsStream("/topology.txt")) {
      String expected =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      assertThat(StreamgradTopology.build(config, metrics).describe().toString())
          .isEqualTo(expected);
    }
  }

  @Test
  void eachBatchIsPredictedByTheVersionBeforeItAndLearnedOnce() {
    List<ImageBatch> batches = TestBatches.labeled(30, 1);
    batches.forEach(batch -> send("a", batch));

    List<PredictionBatch> made = predictions.readValuesToList();

    assertThat(made).extracting(PredictionBatch::getModelVersion).isEqualTo(longs(30));
    assertThat(made).extracting(p -> p.getInput().getOffset()).isEqualTo(longs(30));
    assertThat(made).allSatisfy(p -> assertThat(p.hasScore()).isTrue());
    assertThat(sha256("a")).isEqualTo(TestBatches.learnedSha256(config, "a", batches));
  }

  @Test
  void interleavedModelsLearnAsIfAlone() {
    List<ImageBatch> ofA = TestBatches.labeled(20, 1);
    List<ImageBatch> ofB = TestBatches.labeled(20, 2);
    for (int i = 0; i < 20; i++) {
      send("a", ofA.get(i));
      send("b", ofB.get(i));
    }
    assertThat(sha256("a")).isEqualTo(TestBatches.learnedSha256(config, "a", ofA));
    assertThat(sha256("b")).isEqualTo(TestBatches.learnedSha256(config, "b", ofB));
  }

  @Test
  void aBatchWithoutLabelsIsPredictedAndNotLearnedFrom() {
    List<ImageBatch> batches = TestBatches.labeled(3, 1);
    batches.forEach(batch -> send("a", batch));
    String before = sha256("a");

    send("a", batches.get(0).toBuilder().clearLabels().build());

    PredictionBatch last = predictions.readValuesToList().get(3);
    assertThat(last.getModelVersion()).isEqualTo(3);
    assertThat(last.hasScore()).isFalse();
    assertThat(sha256("a")).isEqualTo(before);
  }

  @Test
  void aRecordWithoutKeyIsTheDefaultModels() {
    images.pipeInput(null, TestBatches.labeled(1, 1).get(0).toByteArray());

    assertThat(predictions.readKeyValue().key).isEqualTo("default");
  }

  @Test
  void jsonIsUnderstoodWhereTheHeaderSaysSo() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("content-type", "application/json".getBytes(StandardCharsets.UTF_8));
    String json = "{\"height\": 2, \"width\": 2, \"pixels\": \"AAECAw==\", \"labels\": \"Ag==\"}";

    images.pipeInput(new TestRecord<>(null, json.getBytes(StandardCharsets.UTF_8), headers));

    assertThat(predictions.readValue().getClassesCount()).isEqualTo(1);
  }

  @Test
  void aReportComesEveryTwentyImagesAndCoversThem() {
    List<ImageBatch> batches = TestBatches.labeled(30, 1);
    batches.forEach(batch -> send("a", batch));

    List<MetricsReport> made = reports.readValuesToList();

    assertThat(made).hasSizeGreaterThan(3);
    assertThat(made).allSatisfy(r -> assertThat(r.getWindow().getImages()).isBetween(20L, 28L));
    MetricsReport last = made.get(made.size() - 1);
    assertThat(last.getLifetime().getImages())
        .isEqualTo(made.stream().mapToLong(r -> r.getWindow().getImages()).sum());
    assertThat(last.getLifetime().getConfusionList().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(last.getLifetime().getImages());
  }

  @ParameterizedTest
  @EnumSource(BadRecordException.Reason.class)
  void aBadRecordGoesToTheDeadLettersAndLeavesTheWeightsAlone(BadRecordException.Reason reason) {
    List<ImageBatch> batches = TestBatches.labeled(5, 1);
    batches.forEach(batch -> send("a", batch));
    TestRecord<byte[], byte[]> bad = bad(reason);

    images.pipeInput(bad);

    TestRecord<byte[], byte[]> dead = deadLetters.readRecord();
    assertThat(dead.key()).isEqualTo(bad.key());
    assertThat(dead.value()).isEqualTo(bad.value());
    assertThat(header(dead, DeadLetter.REASON)).isEqualTo(reason.text());
    assertThat(header(dead, DeadLetter.TOPIC)).isEqualTo("streamgrad.images");
    assertThat(header(dead, DeadLetter.OFFSET)).isEqualTo("5");
    assertThat(header(dead, DeadLetter.MESSAGE)).isNotBlank();
    assertThat(metrics.scrape())
        .contains("streamgrad_dead_letters_total{reason=\"" + reason.text() + "\"} 1.0");
    assertThat(sha256("a")).isEqualTo(TestBatches.learnedSha256(config, "a", batches));
    assertThat(predictions.readValuesToList()).hasSize(5);
  }

  private static TestRecord<byte[], byte[]> bad(BadRecordException.Reason reason) {
    ImageBatch good = TestBatches.labeled(1, 9).get(0);
    byte[] key = "a".getBytes(StandardCharsets.UTF_8);
    RecordHeaders headers = new RecordHeaders();
    byte[] value =
        switch (reason) {
          case INVALID_MODEL_NAME -> {
            key = new byte[] {(byte) 0xff};
            yield good.toByteArray();
          }
          case UNKNOWN_CONTENT_TYPE -> {
            headers.add("content-type", "image/png".getBytes(StandardCharsets.UTF_8));
            yield good.toByteArray();
          }
          case UNREADABLE -> "garbage".getBytes(StandardCharsets.UTF_8);
          case NO_IMAGES -> good.toBuilder().clearPixels().build().toByteArray();
          case WRONG_SHAPE -> good.toBuilder().setHeight(-1).setWidth(-1).build().toByteArray();
          case INCOMPLETE_IMAGE ->
              good.toBuilder().setPixels(ByteString.copyFrom(new byte[5])).build().toByteArray();
          case TOO_MANY_IMAGES ->
              good.toBuilder().setPixels(ByteString.copyFrom(new byte[44])).build().toByteArray();
          case LABEL_COUNT ->
              good.toBuilder().setLabels(ByteString.copyFrom(new byte[10])).build().toByteArray();
          case LABEL_OUT_OF_RANGE ->
              good.toBuilder()
                  .setPixels(ByteString.copyFrom(new byte[4]))
                  .setLabels(ByteString.copyFrom(new byte[] {3}))
                  .build()
                  .toByteArray();
        };
    return new TestRecord<>(key, value, headers);
  }

  private void send(String model, ImageBatch batch) {
    images.pipeInput(model.getBytes(StandardCharsets.UTF_8), batch.toByteArray());
  }

  private String sha256(String model) {
    WeightsStore weights = (WeightsStore) driver.getStateStore(Nodes.WEIGHTS);
    StoredModel stored = Objects.requireNonNull(weights.get(model));
    return ModelCodec.weightsSha256(stored);
  }

  private static String header(TestRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private static List<Long> longs(int count) {
    return java.util.stream.LongStream.range(0, count).boxed().toList();
  }
}
