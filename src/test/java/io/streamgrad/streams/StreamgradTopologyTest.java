package io.streamgrad.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.format.state.ModelCodec;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.learn.LearnProcessor;
import io.streamgrad.streams.learn.RunningTasks;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.streams.settings.StreamsProperties;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.MessageReader;
import io.streamgrad.wire.ModelPartitions;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamgradTopologyTest {
  @TempDir private Path directory;
  private ServiceConfig config;
  private ServiceMetrics metrics;
  private TopologyTestDriver driver;
  private TestInputTopic<byte[], byte[]> images;
  private TestOutputTopic<String, PredictionBatch> predictions;

  @BeforeEach
  void start() {
    config =
        ConfigLoader.load(
            null, Map.of(), Map.of("model.layers", "[4, 5, 3]", "state-dir", directory.toString()));
    metrics =
        new ServiceMetrics(
            config,
            Arrays.stream(BadRecordException.Reason.values())
                .map(BadRecordException.Reason::text)
                .toList());
    Properties properties = new Properties();
    properties.putAll(StreamsProperties.of(config));
    driver = new TopologyTestDriver(topology(), properties);
    images =
        driver.createInputTopic(
            "streamgrad.images", new ByteArraySerializer(), new ByteArraySerializer());
    predictions =
        driver.createOutputTopic(
            "streamgrad.predictions",
            new StringDeserializer(),
            new MessageReader<>(PredictionBatch.getDefaultInstance()));
  }

  private Topology topology() {
    ModelPartitions partitions = TopologyRun.partitions(config);
    RunningTasks tasks = new RunningTasks();
    return StreamgradTopology.build(
        config,
        partitions,
        metrics,
        tasks::awaitRelearned,
        LearnProcessor.supplier(config, partitions, metrics, tasks, null));
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
      assertThat(topology().describe().toString()).isEqualTo(expected);
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

  private void send(String model, ImageBatch batch) {
    images.pipeInput(model.getBytes(StandardCharsets.UTF_8), batch.toByteArray());
  }

  private String sha256(String model) {
    WeightsStore weights = (WeightsStore) driver.getStateStore(Nodes.WEIGHTS);
    ModelEntry stored = Objects.requireNonNull(weights.get(model));
    return ModelCodec.weightsSha256(stored);
  }

  private static List<Long> longs(int count) {
    return java.util.stream.LongStream.range(0, count).boxed().toList();
  }
}
