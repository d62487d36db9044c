package io.streamgrad.streams;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.learn.LearnProcessor;
import io.streamgrad.streams.learn.LearnStep;
import io.streamgrad.streams.learn.RunningTasks;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.streams.settings.StreamsProperties;
import io.streamgrad.v1.Applied;
import io.streamgrad.v1.Command;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.LabelBatch;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.Decoded;
import io.streamgrad.wire.MessageReader;
import io.streamgrad.wire.ModelPartitions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.function.BiFunction;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.test.TestRecord;

/** The topology, run without a broker, for models of 2 x 2 images in three classes. */
public final class TopologyRun implements AutoCloseable {
  private final ServiceConfig config;
  private final ServiceMetrics metrics;
  private final TopologyTestDriver driver;
  private final TestInputTopic<byte[], byte[]> images;

  public TopologyRun(Path directory, Map<String, String> overrides) {
    this(
        directory,
        overrides,
        (config, metrics) ->
            new LearnProcessor(
                config,
                partitions(config),
                metrics,
                new LearnStep(config, metrics),
                new RunningTasks(),
                null,
                LearnProcessor.ON_THE_WAY));
  }

  /** With another processor in the place of the one that learns. */
  public TopologyRun(
      Path directory,
      Map<String, String> overrides,
      BiFunction<ServiceConfig, ServiceMetrics, Processor<String, Decoded, String, Object>> learn) {
    config = config(directory, overrides);
    metrics =
        new ServiceMetrics(
            config,
            Arrays.stream(BadRecordException.Reason.values())
                .map(BadRecordException.Reason::text)
                .toList());
    Properties properties = new Properties();
    properties.putAll(StreamsProperties.of(config));
    driver =
        new TopologyTestDriver(
            StreamgradTopology.build(
                config,
                partitions(config),
                metrics,
                partition -> {},
                () -> learn.apply(config, metrics)),
            properties);
    images =
        driver.createInputTopic(
            config.topics().images(), new ByteArraySerializer(), new ByteArraySerializer());
  }

  public static ServiceConfig config(Path directory, Map<String, String> overrides) {
    Map<String, String> all = new HashMap<>();
    all.put("model.layers", "[4, 5, 3]");
    all.put("state-dir", directory.toString());
    all.putAll(overrides);
    return ConfigLoader.load(null, Map.of(), all);
  }

  /** Of as many partitions as the configuration says, of which the driver has the first. */
  public static ModelPartitions partitions(ServiceConfig config) {
    return new ModelPartitions(config, config.topics().partitions());
  }

  public ServiceConfig config() {
    return config;
  }

  public ServiceMetrics metrics() {
    return metrics;
  }

  public WeightsStore weights() {
    return (WeightsStore) driver.getStateStore(Nodes.WEIGHTS);
  }

  public ModelEntry model(String name) {
    return Objects.requireNonNull(weights().get(name));
  }

  public void send(TestRecord<byte[], byte[]> record) {
    images.pipeInput(record);
  }

  /** Labels that come after their images; topics.labels has to be set. */
  public void send(String model, LabelBatch labels, long timestamp) {
    driver
        .createInputTopic(
            config.topics().labels(), new ByteArraySerializer(), new ByteArraySerializer())
        .pipeInput(model.getBytes(StandardCharsets.UTF_8), labels.toByteArray(), timestamp);
  }

  /** A command; topics.commands has to be set. */
  public void send(String model, Command command) {
    driver
        .createInputTopic(
            config.topics().commands(), new ByteArraySerializer(), new ByteArraySerializer())
        .pipeInput(model.getBytes(StandardCharsets.UTF_8), command.toByteArray(), 0);
  }

  /** Any value, to any of the input's topics. */
  public void send(String topic, String model, byte[] value, long timestamp) {
    driver
        .createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer())
        .pipeInput(model.getBytes(StandardCharsets.UTF_8), value, timestamp);
  }

  /** Any value, to either of the input's topics. */
  public void send(boolean labels, String model, byte[] value, long timestamp) {
    driver
        .createInputTopic(
            labels ? config.topics().labels() : config.topics().images(),
            new ByteArraySerializer(),
            new ByteArraySerializer())
        .pipeInput(model.getBytes(StandardCharsets.UTF_8), value, timestamp);
  }

  public void send(String model, ImageBatch batch) {
    send(model, batch, 0);
  }

  public void send(String model, ImageBatch batch, long timestamp) {
    images.pipeInput(model.getBytes(StandardCharsets.UTF_8), batch.toByteArray(), timestamp);
  }

  /** So much time, a little at a time: the driver punctuates once each time. */
  public void letPass(Duration time) {
    for (long millis = 0; millis < time.toMillis(); millis += 100) {
      driver.advanceWallClockTime(Duration.ofMillis(100));
    }
  }

  public List<PredictionBatch> predictions() {
    return driver
        .createOutputTopic(
            config.topics().predictions(),
            new StringDeserializer(),
            new MessageReader<>(PredictionBatch.getDefaultInstance()))
        .readValuesToList();
  }

  public List<MetricsReport> reports() {
    return driver
        .createOutputTopic(
            config.topics().metrics(),
            new StringDeserializer(),
            new MessageReader<>(MetricsReport.getDefaultInstance()))
        .readValuesToList();
  }

  public List<Applied> applied() {
    return driver
        .createOutputTopic(
            config.topics().applied(),
            new StringDeserializer(),
            new MessageReader<>(Applied.getDefaultInstance()))
        .readValuesToList();
  }

  /** The records of an output topic as they are. */
  public List<TestRecord<byte[], byte[]>> raw(String topic) {
    return driver
        .createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
        .readRecordsToList();
  }

  @Override
  public void close() {
    driver.close();
    metrics.close();
  }
}
