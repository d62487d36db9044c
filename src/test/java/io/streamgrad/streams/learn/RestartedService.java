package io.streamgrad.streams.learn;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.TopicsConfig;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.recovery.ChangelogView;
import io.streamgrad.store.WeightsStore;
import io.streamgrad.streams.StreamgradTopology;
import io.streamgrad.streams.TopologyRun;
import io.streamgrad.streams.input.InputLogs;
import io.streamgrad.streams.input.LogState;
import io.streamgrad.streams.input.TestInput;
import io.streamgrad.streams.settings.Nodes;
import io.streamgrad.streams.settings.StreamsProperties;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.Decoded;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.internals.WrappedStateStore;
import org.apache.kafka.streams.test.TestRecord;

/**
 * A service without a broker that can be killed after any record, or started with another
 * configuration, and then goes on with its changelog. The driver commits after each record.
 */
final class RestartedService implements AutoCloseable {
  private static final String CHANGELOG = "streamgrad-weights-changelog";

  private final ChangelogView stored = new ChangelogView();
  private final Map<String, List<ConsumerRecord<byte[], byte[]>>> topics = new HashMap<>();
  private final Map<String, TestInput> inputs = new HashMap<>();
  private ServiceConfig config;
  private RunningTasks tasks;
  private ServiceMetrics metrics;
  private TopologyTestDriver driver;

  private final int pieces;
  private final boolean inMemory;

  /**
   * @param pieces so many bytes has one of a state; 0: as many as ever
   * @param inMemory whether models stay in memory
   */
  RestartedService(ServiceConfig config, int pieces, boolean inMemory) {
    this.pieces = pieces;
    this.inMemory = inMemory;
    start(config);
  }

  /** Kills it and starts it again. */
  void restart(ServiceConfig next) {
    close();
    start(next);
  }

  private void start(ServiceConfig next) {
    config = next;
    metrics =
        new ServiceMetrics(
            config,
            Arrays.stream(BadRecordException.Reason.values())
                .map(BadRecordException.Reason::text)
                .toList());
    Properties properties = new Properties();
    properties.putAll(StreamsProperties.of(config));
    tasks = new RunningTasks();
    InputLogs logs =
        new InputLogs(
            log(config.topics().images()),
            config.topics().hasLabels() ? log(config.topics().labels()) : null,
            config.topics().hasCommands() ? log(config.topics().commands()) : null);
    driver =
        new TopologyTestDriver(
            StreamgradTopology.build(
                config,
                TopologyRun.partitions(config),
                metrics,
                tasks::awaitRelearned,
                () ->
                    new Restored(
                        new LearnProcessor(
                            config,
                            TopologyRun.partitions(config),
                            metrics,
                            new LearnStep(config, metrics),
                            tasks,
                            logs,
                            LearnProcessor.ON_THE_WAY))),
            properties);
    for (String topic : inputs()) {
      offset(topic).set(of(topic).size());
    }
  }

  private List<String> inputs() {
    List<String> inputs = new ArrayList<>(List.of(config.topics().images()));
    if (config.topics().hasLabels()) {
      inputs.add(config.topics().labels());
    }
    if (config.topics().hasCommands()) {
      inputs.add(config.topics().commands());
    }
    return inputs;
  }

  private TestInput log(String topic) {
    List<ConsumerRecord<byte[], byte[]>> sent = of(topic);
    TestInput log =
        new TestInput(
            new LogState(
                topic, TestInput.ID, 0, 1, 0, sent.size(), sent.isEmpty() ? -1 : sent.size()));
    sent.forEach(each -> log.add(each.offset(), each.timestamp(), each.key(), each.value()));
    inputs.put(topic, log);
    return log;
  }

  @SuppressWarnings("unchecked")
  private AtomicLong offset(String topic) {
    Map<TopicPartition, AtomicLong> offsets =
        (Map<TopicPartition, AtomicLong>) field(driver, "offsetsByTopicOrPatternPartition");
    return offsets.computeIfAbsent(new TopicPartition(topic, 0), t -> new AtomicLong());
  }

  private static void set(Object of, String name, Object value) {
    try {
      Field field = of.getClass().getDeclaredField(name);
      field.setAccessible(true);
      field.set(of, value);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object field(Object of, String name) {
    try {
      Field field = of.getClass().getDeclaredField(name);
      field.setAccessible(true);
      return field.get(of);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** All records of a topic so far. */
  List<ConsumerRecord<byte[], byte[]>> of(String topic) {
    return topics.computeIfAbsent(topic, t -> new ArrayList<>());
  }

  Map<String, List<ConsumerRecord<byte[], byte[]>>> topics() {
    return topics;
  }

  ChangelogView stored() {
    return stored;
  }

  ServiceConfig config() {
    return config;
  }

  /** Once what stored states lacked is learned again, which another thread does after a restart. */
  WeightsStore weights() {
    tasks.awaitRelearned(0);
    return (WeightsStore) driver.getStateStore(Nodes.WEIGHTS);
  }

  void send(String topic, byte[] key, byte[] value, long timestamp) {
    Objects.requireNonNull(inputs.get(topic)).add(of(topic).size(), timestamp, key, value);
    driver
        .createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer())
        .pipeInput(key, value, timestamp);
    add(topic, new TestRecord<>(key, value, new RecordHeaders(), timestamp));
    take();
  }

  /** Lets time pass in which nothing comes. */
  void letPass(Duration time) {
    for (long millis = 0; millis < time.toMillis(); millis += 100) {
      driver.advanceWallClockTime(Duration.ofMillis(100));
    }
    take();
  }

  private void take() {
    for (TestRecord<byte[], byte[]> record : read(CHANGELOG)) {
      stored.put(record.key(), record.value());
    }
    TopicsConfig outputs = config.topics();
    for (String output :
        List.of(
            outputs.predictions(),
            outputs.metrics(),
            outputs.deadLetters(),
            outputs.snapshots(),
            outputs.applied())) {
      read(output).forEach(record -> add(output, record));
    }
  }

  private List<TestRecord<byte[], byte[]>> read(String topic) {
    return driver
        .createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer())
        .readRecordsToList();
  }

  private void add(String topic, TestRecord<byte[], byte[]> record) {
    List<ConsumerRecord<byte[], byte[]>> all = of(topic);
    Long timestamp = record.timestamp();
    all.add(
        new ConsumerRecord<>(
            topic,
            0,
            all.size(),
            timestamp == null ? 0 : timestamp,
            TimestampType.CREATE_TIME,
            0,
            0,
            record.key(),
            record.value(),
            record.headers(),
            Optional.empty()));
  }

  @Override
  public void close() {
    driver.close();
    metrics.close();
  }

  /** Has what is stored before it begins, as if it were restored. */
  private final class Restored implements Processor<String, Decoded, String, Object> {
    private final LearnProcessor learn;

    Restored(LearnProcessor learn) {
      this.learn = learn;
    }

    @Override
    @SuppressWarnings("unchecked")
    public void init(ProcessorContext<String, Object> context) {
      WeightsStore store = context.getStateStore(Nodes.WEIGHTS);
      StateStore bytes = (StateStore) field(store, "inner");
      Object cache = field(store, "models");
      if (pieces > 0) {
        set(field(store, "tagged"), "maxChunkBytes", pieces);
        set(cache, "maxChunkBytes", pieces);
      }
      if (!inMemory) {
        set(field(cache, "memory"), "most", 0L);
      }
      while (bytes instanceof WrappedStateStore<?, ?, ?> wrapped) {
        bytes = wrapped.wrapped();
      }
      KeyValueStore<Bytes, byte[]> restored = (KeyValueStore<Bytes, byte[]>) bytes;
      stored.records().forEach((key, value) -> restored.put(Bytes.wrap(key.bytes()), value));
      learn.init(context);
    }

    @Override
    public void process(Record<String, Decoded> record) {
      learn.process(record);
    }

    @Override
    public void close() {
      learn.close();
    }
  }
}
