package io.streamgrad.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.Split;
import io.streamgrad.v1.ImageBatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The service end to end on the embedded broker, next to what does less and to Python. Each row
 * runs in a process of its own, one at a time, the baseline first; the rounds repeat them all.
 */
@Command(name = "end-to-end", mixinStandardHelpOptions = true)
public final class EndToEndBenchmark implements Runnable {
  @Option(names = "--rounds", defaultValue = "3", description = "Rounds (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--images",
      defaultValue = "3000000",
      description = "Images in every topic (${DEFAULT-VALUE}).")
  private int images;

  @Option(names = "--only", description = "Rows whose name contains this; may be repeated.")
  private List<String> only = List.of("");

  @Option(
      names = {"-c", "--set"},
      description = "A setting of every row in Java, key=value; may be repeated.")
  private List<String> settings = List.of();

  @Option(names = "--data-dir", required = true, description = "For the broker's data.")
  private Path dataDir;

  @Option(names = "--python-modules", description = "Where protoc put the messages.")
  private String pythonModules = "";

  @Option(
      names = "--python",
      defaultValue = "python3",
      description = "Interpreter with confluent_kafka, numpy and torch (${DEFAULT-VALUE}).")
  private String python = "";

  @Option(names = "--json", required = true, description = "The results.")
  private Path json;

  private final ObjectMapper mapper = new ObjectMapper();
  private String bootstrap = "";

  /** A row of a table. */
  private record Row(
      String table, String name, String topic, int batchSize, List<String> command) {}

  /** Runs the benchmark. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new EndToEndBenchmark()).execute(args));
  }

  @Override
  public void run() {
    try {
      Process broker =
          start(
              java(
                  List.of(),
                  "io.streamgrad.Main",
                  List.of("broker", "--data-dir", dataDir.toString(), "--port", "0")));
      try (BufferedReader lines = broker.inputReader(StandardCharsets.UTF_8)) {
        bootstrap = lines.readLine().split("[ ,]")[2];
        measure();
      } finally {
        broker.destroy();
        broker.waitFor();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void measure() throws IOException, InterruptedException {
    List<Row> rows =
        rows().stream().filter(row -> only.stream().anyMatch(row.name()::contains)).toList();
    Map<String, Integer> topics = new LinkedHashMap<>();
    rows.forEach(row -> topics.put(row.topic(), row.batchSize()));
    for (Map.Entry<String, Integer> topic : topics.entrySet()) {
      if (topic.getValue() > 0) {
        fill(topic.getKey(), topic.getValue());
      }
    }
    Map<Row, List<JsonNode>> results = new LinkedHashMap<>();
    for (int round = 1; round <= rounds; round++) {
      for (Row row : rows) {
        JsonNode result = run(row);
        results.computeIfAbsent(row, key -> new ArrayList<>()).add(result);
        System.out.printf("round %d  %-50s %s%n", round, row.name(), result);
      }
    }
    List<Object> written = new ArrayList<>();
    results.forEach(
        (row, runs) ->
            written.add(
                Map.of(
                    "table", row.table(),
                    "name", row.name(),
                    "batchSize", row.batchSize(),
                    "runs", runs)));
    mapper.writerWithDefaultPrettyPrinter().writeValue(json.toFile(), written);
  }

  private List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    rows.add(drain("consumer alone", "consumer", 64, "none"));
    rows.add(drain("topology that forwards nothing, exactly once", "nothing", 64, "none"));
    rows.add(drain("pass-through topology, exactly once", "pass-through", 64, "none"));
    for (String compression : List.of("none", "lz4")) {
      for (int batchSize : List.of(64, 16, 256)) {
        rows.add(
            drain(
                "service, exactly once, m = " + batchSize + ", " + compression,
                "service",
                batchSize,
                compression));
      }
    }
    rows.add(
        drain(
            "service, at least once", "service", 64, "none", "processing-guarantee=at_least_once"));
    if (!pythonModules.isEmpty()) {
      rows.add(python("numpy"));
      rows.add(python("torch"));
    }
    rows.addAll(flags());
    rows.add(large("784-512-256-10", 8000, "50ms"));
    rows.add(large("784-512-256-10", 8000, "500ms"));
    rows.add(large("784-4096-1600-10", 900, "50ms"));
    rows.add(large("784-4096-1600-10", 900, "500ms"));
    for (String guarantee : List.of("exactly_once_v2", "at_least_once")) {
      for (String interval : List.of("10ms", "20ms", "50ms", "100ms")) {
        rows.add(latency(guarantee, interval));
      }
    }
    return rows;
  }

  /** The service with other JVM flags than those it is shipped with; the last one given counts. */
  private List<Row> flags() {
    Map<String, List<String>> flags = new LinkedHashMap<>();
    flags.put("the flags of jvm.options", List.of());
    flags.put("G1, regions of the JVM's choice", List.of("-XX:G1HeapRegionSize=0"));
    flags.put("the flags of jvm.options, heap of 512 MB", List.of("-Xmx512m"));
    flags.put(
        "G1, regions of the JVM's choice, heap of 512 MB",
        List.of("-XX:G1HeapRegionSize=0", "-Xmx512m"));
    flags.put("the parallel collector", List.of("-XX:-UseG1GC", "-XX:+UseParallelGC"));
    flags.put("the serial collector", List.of("-XX:-UseG1GC", "-XX:+UseSerialGC"));
    List<Row> rows = new ArrayList<>();
    flags.forEach(
        (name, options) -> {
          List<String> arguments =
              List.of("service", Integer.toString(images / 64), "topics.images=images-64-none");
          rows.add(
              new Row(
                  "flags",
                  name,
                  "images-64-none",
                  64,
                  java(options, DrainRow.class.getName(), arguments)));
        });
    return rows;
  }

  /** A larger model under Adam, of which a commit writes the batches. */
  private static Row large(String layers, int records, String commitInterval) {
    List<String> arguments =
        List.of(
            "service",
            Integer.toString(records),
            "topics.images=images-64-none",
            "model.layers=[" + layers.replace('-', ',') + "]",
            "model.optimizer.type=adam",
            "model.learning-rate.initial=0.0005",
            "commit-interval=" + commitInterval);
    return new Row(
        "large",
        layers + ", Adam, commit-interval " + commitInterval,
        "images-64-none",
        64,
        java(List.of(), DrainRow.class.getName(), arguments));
  }

  private Row drain(
      String name, String kind, int batchSize, String compression, String... settings) {
    String topic = "images-" + batchSize + "-" + compression;
    List<String> command = new ArrayList<>();
    command.add(kind);
    command.add(Integer.toString(images / batchSize));
    command.add("topics.images=" + topic);
    command.addAll(Arrays.asList(settings));
    return new Row(
        "throughput", name, topic, batchSize, java(List.of(), DrainRow.class.getName(), command));
  }

  private Row python(String kind) {
    return new Row(
        "throughput",
        kind + " loop in Python, no guarantee",
        "images-64-none",
        64,
        List.of(
            python,
            "src/bench/python/loop.py",
            kind,
            "BOOTSTRAP",
            "images-64-none",
            Integer.toString(images / 64),
            pythonModules));
  }

  private Row latency(String guarantee, String commitInterval) {
    return new Row(
        "latency",
        guarantee + ", commit-interval " + commitInterval,
        "latency",
        0,
        java(
            List.of(),
            LatencyRow.class.getName(),
            List.of("processing-guarantee=" + guarantee, "commit-interval=" + commitInterval)));
  }

  /** Runs a row; a group, output topics and a state directory of its own let it begin again. */
  private JsonNode run(Row row) throws IOException, InterruptedException {
    String id = "bench-" + UUID.randomUUID();
    List<String> command = new ArrayList<>(row.command());
    command.replaceAll(argument -> argument.equals("BOOTSTRAP") ? bootstrap : argument);
    List<String> topics = new ArrayList<>(List.of("predictions", "metrics", "dead-letters"));
    if (row.table().equals("latency")) {
      topics.add("images");
    }
    create(topics.stream().map(topic -> id + "-" + topic).toList());
    if (command.get(0).endsWith("java")) {
      command.add("kafka.bootstrap.servers=" + bootstrap);
      command.add("application-id=" + id);
      command.addAll(settings);
      command.add("state-dir=" + dataDir.resolveSibling(id));
      topics.forEach(topic -> command.add("topics." + topic + "=" + id + "-" + topic));
    }
    Process process = start(command);
    String last = "";
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        last = line;
      }
    }
    if (process.waitFor() != 0) {
      throw new IOException(row.name() + " failed: " + command);
    }
    return mapper.readTree(last);
  }

  private void create(List<String> topics) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin
          .createTopics(topics.stream().map(name -> new NewTopic(name, 1, (short) 1)).toList())
          .all()
          .get();
    } catch (java.util.concurrent.ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // flushed, and counted by the rows
  private void fill(String topic, int batchSize) {
    create(List.of(topic));
    Map<String, Object> properties = new HashMap<>();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("batch.size", 512 * 1024);
    properties.put("linger.ms", 20);
    properties.put("compression.type", topic.endsWith("lz4") ? "lz4" : "none");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (Batch batch :
          Batches.of(Datasets.mnist(Split.TRAIN), batchSize).repeat(images).limit(images)) {
        ImageBatch message =
            ImageBatch.newBuilder()
                .setHeight(batch.height())
                .setWidth(batch.width())
                .setPixels(UnsafeByteOperations.unsafeWrap(batch.pixels()))
                .setLabels(UnsafeByteOperations.unsafeWrap(batch.labels()))
                .build();
        producer.send(new ProducerRecord<>(topic, message.toByteArray()));
      }
    }
  }

  private static List<String> java(List<String> options, String main, List<String> args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@jvm.options");
    if (Runtime.version().feature() >= 24) {
      command.add("@jvm-24.options");
    }
    command.addAll(options);
    Collections.addAll(command, "-cp", System.getProperty("java.class.path"), main);
    command.addAll(args);
    return command;
  }

  private static Process start(List<String> command) throws IOException {
    Path log = Files.createTempFile("bench", ".log");
    log.toFile().deleteOnExit();
    return new ProcessBuilder(command).redirectError(log.toFile()).start();
  }
}
