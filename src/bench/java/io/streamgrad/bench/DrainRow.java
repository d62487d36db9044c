package io.streamgrad.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.streams.settings.StreamsProperties;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.DoubleStream;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * One row of the throughput table, in a process of its own: drains a topic and prints what it
 * measured as one line of JSON. To warm up, it first drains the topic as other applications, for 45
 * seconds at least. Arguments: the kind of row, the number of records in the topic, and the
 * service's settings as key=value.
 */
public final class DrainRow {
  /** The property that says how many seconds it warms up. */
  static final String WARM_UP = "streamgrad.bench.warm-up-seconds";

  // Until then the JVM compiles, on the cores that the row is measured on.
  private static final long DEFAULT_WARM_UP = 45;
  private static final double START_UP = 0.1; // share of the records that are not measured
  private static final int PREDICTION_BYTES = 400; // about what the service forwards at 64 images

  private static final String STREAM_THREADS =
      "kafka.streams:type=stream-thread-metrics,thread-id=*";

  private DrainRow() {}

  /** What drains the topic that the settings name, with so many records, and says how it went. */
  @FunctionalInterface
  public interface Drain {
    Map<String, Object> run(Map<String, String> settings, long records) throws Exception;
  }

  /** Runs the row that the arguments name. */
  public static void main(String[] args) throws Exception {
    run(
        args,
        (settings, records) ->
            drain(args[0], ConfigLoader.load(null, Map.of(), settings), records));
  }

  /** Warms up, drains once more, and prints what was measured by that. */
  public static void run(String[] args, Drain drain) throws Exception {
    long records = Long.parseLong(args[1]);
    Map<String, String> settings = new LinkedHashMap<>();
    Arrays.stream(args)
        .skip(2)
        .map(arg -> arg.split("=", 2))
        .forEach(setting -> settings.put(setting[0], setting[1]));
    String application = settings.get("application-id");
    long start = System.nanoTime();
    Duration warmUp = Duration.ofSeconds(Long.getLong(WARM_UP, DEFAULT_WARM_UP));
    for (int n = 1; System.nanoTime() - start < warmUp.toNanos(); n++) {
      settings.put("application-id", application + "-warm-up-" + n);
      drain.run(settings, records);
    }
    settings.put("application-id", application);
    Map<String, Object> measured = drain.run(settings, records);
    measured.put("warmUpSeconds", warmUp.toSeconds());
    System.out.println(new ObjectMapper().writeValueAsString(measured));
  }

  private static Map<String, Object> drain(String kind, ServiceConfig config, long records)
      throws InterruptedException {
    return switch (kind) {
      case "consumer" -> consumer(config, records);
      case "pass-through" -> streams(config, passThrough(config), records);
      case "service" -> service(config, records);
      case "late labels" -> lateLabels(config, records);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  private static Map<String, Object> service(ServiceConfig config, long records)
      throws InterruptedException {
    try (ServiceMetrics metrics = new ServiceMetrics(config, List.of());
        StreamsService service = StreamsService.start(config, metrics)) {
      return measureStreams(records, service::isRunning);
    }
  }

  /** As many records again have the labels; the rate is that of batches with theirs. */
  private static Map<String, Object> lateLabels(ServiceConfig config, long records)
      throws InterruptedException {
    Map<String, Object> measured = service(config, 2 * records);
    measured.computeIfPresent("recordsPerSecond", (name, both) -> (double) both / 2);
    return measured;
  }

  private static Map<String, Object> consumer(ServiceConfig config, long records)
      throws InterruptedException {
    Map<String, Object> properties = new LinkedHashMap<>(config.kafka().values());
    properties.put("auto.offset.reset", "earliest");
    properties.put("isolation.level", "read_committed");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(new TopicPartition(config.topics().images(), 0)));
      long[] seen = new long[1];
      return measure(
          records,
          () -> {
            ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(100));
            seen[0] += polled.count();
            return seen[0];
          },
          0);
    }
  }

  /** Reads every record and forwards one for each. */
  private static Topology passThrough(ServiceConfig config) {
    byte[] output = new byte[PREDICTION_BYTES];
    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(),
            "images",
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            config.topics().images())
        .addProcessor(
            "pass",
            () ->
                new ContextualProcessor<byte[], byte[], byte[], byte[]>() {
                  @Override
                  public void process(Record<byte[], byte[]> record) {
                    context().forward(record.withValue(output));
                  }
                },
            "images")
        .addSink(
            "predictions",
            config.topics().predictions(),
            new ByteArraySerializer(),
            new ByteArraySerializer(),
            "pass");
  }

  private static Map<String, Object> streams(ServiceConfig config, Topology topology, long records)
      throws InterruptedException {
    Properties properties = new Properties();
    properties.putAll(StreamsProperties.of(config));
    try (KafkaStreams streams = new KafkaStreams(topology, properties)) {
      streams.start();
      return measureStreams(records, () -> streams.state().isRunningOrRebalancing());
    }
  }

  /** Measures the one stream of this process, until so many records are done. */
  public static Map<String, Object> measureStreams(long records, BooleanSupplier runs)
      throws InterruptedException {
    Map<String, Object> measured =
        measure(
            records,
            () -> {
              if (!runs.getAsBoolean()) {
                throw new IllegalStateException("it has stopped");
              }
              return (long) threadMetrics("process-total").sum();
            },
            10);
    // Of the last half minute or so, in which nothing was learned meanwhile.
    measured.put("longestCommitMillis", threadMetrics("commit-latency-max").max().orElseThrow());
    return measured;
  }

  /** A metric of the stream threads of this process, which has one stream at a time. */
  private static DoubleStream threadMetrics(String name) {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    try {
      return beans.queryNames(new ObjectName(STREAM_THREADS), null).stream()
          .mapToDouble(thread -> value(beans, thread, name));
    } catch (MalformedObjectNameException e) {
      throw new IllegalStateException(e);
    }
  }

  private static double value(MBeanServer beans, ObjectName thread, String name) {
    try {
      return ((Number) beans.getAttribute(thread, name)).doubleValue();
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Rates from when a share of the records has been processed until all have. */
  static Map<String, Object> measure(long records, LongSupplier progress, long pauseMillis)
      throws InterruptedException {
    long from = await(progress, (long) (START_UP * records), pauseMillis);
    long start = System.nanoTime();
    long gcStart = gcMillis();
    long allocatedStart = allocatedByThreads();
    long cpuStart = processCpuNanos();
    long done = await(progress, records, pauseMillis);
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<String, Object> measured = new LinkedHashMap<>();
    measured.put("recordsPerSecond", (done - from) / seconds);
    measured.put("gcShare", (gcMillis() - gcStart) / 1e3 / seconds);
    measured.put(
        "allocatedBytesPerRecord", (allocatedByThreads() - allocatedStart) / (done - from));
    measured.put("cpuMicrosPerRecord", (processCpuNanos() - cpuStart) / 1e3 / (done - from));
    return measured;
  }

  private static long processCpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** Waits until so many records are done; returns how many are. */
  private static long await(LongSupplier progress, long goal, long pauseMillis)
      throws InterruptedException {
    long done = progress.getAsLong();
    while (done < goal) {
      if (pauseMillis > 0) {
        Thread.sleep(pauseMillis);
      }
      done = progress.getAsLong();
    }
    return done;
  }

  private static long gcMillis() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
        .sum();
  }

  /** By those that handle records. */
  private static long allocatedByThreads() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches(".*StreamThread.*|streamgrad-learn-.*"))
        .mapToLong(thread -> threads.getThreadAllocatedBytes(thread.getId()))
        .sum();
  }
}
