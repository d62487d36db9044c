package io.streamgrad.bench;

import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.PublishedPredictions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The row of the same learner in a Flink job: Kafka's source, models in keyed state on the heap,
 * Kafka's sink, exactly once, in a MiniCluster at parallelism 1, since one model in one partition
 * leaves a second task nothing to do. Arguments, warm-up and measure are {@link DrainRow}'s, but
 * that the first argument is the time between two checkpoints, as in PT1S. Where the predictions
 * are not the oracle's the row fails.
 */
public final class FlinkRow {
  private final Duration checkpointInterval;
  private PublishedPredictions predictions; // of the last drain

  @SuppressWarnings("NullAway.Init") // a drain comes before the check
  private FlinkRow(Duration checkpointInterval) {
    this.checkpointInterval = checkpointInterval;
  }

  /** Runs the row. */
  public static void main(String[] args) throws Exception {
    FlinkRow row = new FlinkRow(Duration.parse(args[0]));
    DrainRow.run(args, row::drain);
    row.predictions.requireOracles();
  }

  private Map<String, Object> drain(Map<String, String> settings, long records) throws Exception {
    ServiceConfig config = ConfigLoader.load(null, Map.of(), settings);
    predictions = PublishedPredictions.fromNowOn(config);
    StreamExecutionEnvironment flink =
        StreamExecutionEnvironment.createLocalEnvironment(1, flinkSettings(config));
    flink
        .fromSource(source(config), WatermarkStrategy.noWatermarks(), "images")
        .keyBy(ImagesRecord::model)
        .process(new LearnFunction(settings))
        .sinkTo(sink(config));
    LearnFunction.LEARNED.set(0);
    CompletableFuture<?> end = flink.executeAsync().getJobExecutionResult();
    Map<String, Object> measured = DrainRow.measure(records, () -> learned(end), 10);
    end.get(); // after a last checkpoint: all predictions are committed
    measured.put("version", EnvironmentInformation.getVersion());
    return measured;
  }

  private static long learned(CompletableFuture<?> end) {
    if (end.isDone()) {
      end.join(); // throws, if the job has failed
    }
    return LearnFunction.LEARNED.get();
  }

  private Configuration flinkSettings(ServiceConfig config) {
    Configuration settings = new Configuration();
    settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, checkpointInterval);
    settings.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, config.stateDir().toUri().toString());
    settings.set(StateBackendOptions.STATE_BACKEND, "hashmap");
    settings.set(PipelineOptions.OBJECT_REUSE, true);
    settings.set(RestartStrategyOptions.RESTART_STRATEGY, "disable");
    return settings;
  }

  private static KafkaSource<ImagesRecord> source(ServiceConfig config) {
    return KafkaSource.<ImagesRecord>builder()
        .setProperties(kafka(config))
        .setProperty("isolation.level", "read_committed")
        .setProperty("receive.buffer.bytes", "-1") // as the service has it
        .setGroupId(config.applicationId())
        .setTopics(config.topics().images())
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setBounded(OffsetsInitializer.latest())
        .setDeserializer(new ImagesRecord.Reader(config.defaultModel()))
        .build();
  }

  private static KafkaSink<PredictionBatch> sink(ServiceConfig config) {
    String topic = config.topics().predictions();
    return KafkaSink.<PredictionBatch>builder()
        .setKafkaProducerConfig(kafka(config))
        // As Kafka Streams has it: nobody reads before the commit.
        .setProperty("linger.ms", "100")
        .setProperty("send.buffer.bytes", "-1") // as the service has it
        // The sink's own is beyond what brokers allow.
        .setProperty("transaction.timeout.ms", "60000")
        .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
        .setTransactionalIdPrefix(config.applicationId())
        .setRecordSerializer(
            (prediction, context, timestamp) ->
                new ProducerRecord<>(
                    topic,
                    null,
                    timestamp,
                    prediction.getModel().getBytes(StandardCharsets.UTF_8),
                    prediction.toByteArray()))
        .build();
  }

  private static Properties kafka(ServiceConfig config) {
    Properties properties = new Properties();
    properties.putAll(config.kafka().values());
    return properties;
  }
}
