package io.streamgrad.metrics;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Materialized;

/**
 * Kafka Streams without a broker that has the meters of one with tasks: its own clients' and
 * threads', and a test driver's tasks, nodes and stores after a record has passed.
 */
final class StreamsWithMeters extends KafkaStreams {
  private final TopologyTestDriver driver;

  StreamsWithMeters(Path stateDirectory) {
    super(topology(), properties(stateDirectory.resolve("streams")));
    driver = new TopologyTestDriver(topology(), properties(stateDirectory.resolve("driver")));
    driver
        .createInputTopic("in", new StringSerializer(), new StringSerializer())
        .pipeInput("k", "v");
  }

  @Override
  public Map<MetricName, ? extends Metric> metrics() {
    Map<MetricName, Metric> all = new HashMap<>(super.metrics());
    all.putAll(driver.metrics());
    return all;
  }

  @Override
  public void close() {
    driver.close();
    super.close();
  }

  private static Topology topology() {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream("in", Consumed.with(Serdes.String(), Serdes.String()))
        .groupByKey()
        .count(Materialized.as("counts"));
    return builder.build();
  }

  private static Properties properties(Path stateDirectory) {
    Properties properties = new Properties();
    properties.putAll(
        Map.of(
            StreamsConfig.APPLICATION_ID_CONFIG, "meters",
            StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:1",
            StreamsConfig.STATE_DIR_CONFIG, stateDirectory.toString(),
            StreamsConfig.METRICS_RECORDING_LEVEL_CONFIG, "DEBUG",
            StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2));
    return properties;
  }
}
