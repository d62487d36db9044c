package io.streamgrad.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.streamgrad.dataset.Batch;
import io.streamgrad.dataset.Batches;
import io.streamgrad.dataset.Datasets;
import io.streamgrad.dataset.Split;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.InputPosition;
import io.streamgrad.v1.LabelBatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The service end to end on the embedded broker, next to what does less, to Flink and to Python.
 * Each row runs in a process of its own, one at a time, the baseline first; the rounds repeat them
 * all.
 */
@Command(name = "end-to-end", mixinStandardHelpOptions = true)
public final class EndToEndBenchmark implements Runnable {
  @Option(names = "--rounds", defaultValue = "2", description = "Rounds (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--images",
      defaultValue = "3000000",
      description = "Images in every topic (${DEFAULT-VALUE}).")
  private int images;

  @Option(
      names = "--warm-up",
      defaultValue = "45",
      description = "Seconds that a row in Java drains before (${DEFAULT-VALUE}).")
  private int warmUp;

  @Option(names = "--only", description = "Rows whose name contains this; may be repeated.")
  private List<String> only = List.of("");

  @Option(
      names = {"-c", "--set"},
      description = "A setting of every row in Java, key=value; may be repeated.")
  private List<String> settings = List.of();

  @Option(
      names = "--quick",
      description = "A few rows, short ones: to be run before and after a change.")
  private boolean quick;

  @Option(
      names = "--baseline",
      description =
          "A checkout of an earlier build, made with -Pbench: its rows of the service come first.")
  private @Nullable Path baseline;

  @Option(names = "--data-dir", required = true, description = "For the broker's data.")
  private Path dataDir;

  @Option(names = "--flink", description = "Class path that src/bench/flink/build prints.")
  private String flink = "";

  @Option(names = "--python-modules", description = "Where protoc put the messages.")
  private String pythonModules = "";

  @Option(
      names = "--python",
      defaultValue = "python3",
      description = "Interpreter with confluent_kafka, numpy and torch (${DEFAULT-VALUE}).")
  private String python = "";

  @Option(names = "--json", required = true, description = "The results.")
  private Path json;

  private static final String EARLIER = "earlier build: ";

  private final ObjectMapper mapper = new ObjectMapper();
  private String bootstrap = "";

  /** A row of a table, which runs in a directory. */
  private record Row(
      String table, String name, Input input, List<String> command, @Nullable Path directory) {}

  /**
   * A topic of images that rows drain.
   *
   * @param models that the batches are of, in turns; one has no name
   * @param delay so many images later come the labels, in a topic of their own; -1: in the batch
   */
  private record Input(int batchSize, String compression, int models, int delay) {
    Input(int batchSize, String compression, int models) {
      this(batchSize, compression, models, -1);
    }

    String topic() {
      return "images-%d-%s-%d-%d".formatted(batchSize, compression, models, delay);
    }

    String labels() {
      return topic() + "-labels";
    }

    /** Where a row makes its own. */
    static final Input NONE = new Input(0, "none", 1);
  }

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
                  List.of("broker", "--data-dir", dataDir.toString(), "--port", "0")),
              null);
      try (BufferedReader lines = broker.inputReader(StandardCharsets.UTF_8)) {
        bootstrap = lines.readLine().split("[ ,]")[2];
        measure();
      } finally {
        broker.destroy();
        broker.waitFor();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void measure() throws IOException, InterruptedException {
    List<Row> rows =
        rows().stream().filter(row -> only.stream().anyMatch(row.name()::contains)).toList();
    for (Input input : new LinkedHashSet<>(rows.stream().map(Row::input).toList())) {
      if (input.batchSize() > 0) {
        fill(input);
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
                    "batchSize", row.input().batchSize(),
                    "runs", runs)));
    mapper.writerWithDefaultPrettyPrinter().writeValue(json.toFile(), written);
  }

  private List<Row> rows() {
    return quick ? quickRows() : allRows();
  }

  private List<Row> quickRows() {
    List<Row> rows = new ArrayList<>();
    rows.add(passThrough(64));
    for (int batchSize : List.of(64, 16, 1)) {
      service(rows, "m = " + batchSize, new Input(batchSize, "none", 1));
    }
    service(rows, "1000 models, m = 16", new Input(16, "none", 1000));
    return rows;
  }

  private List<Row> allRows() {
    List<Row> rows = new ArrayList<>();
    rows.add(drain("consumer alone", "consumer", 64));
    for (int batchSize : List.of(64, 16, 1)) {
      rows.add(passThrough(batchSize));
    }
    for (int batchSize : List.of(64, 16, 1)) {
      service(rows, "m = " + batchSize, new Input(batchSize, "none", 1));
    }
    for (int models : List.of(1000, 10_000)) {
      rows.add(unrivalled(models + " models, m = 16", new Input(16, "none", models)));
    }
    rows.add(unrivalled("m = 256", new Input(256, "none", 1)));
    rows.add(unrivalled("m = 64, lz4", new Input(64, "lz4", 1)));
    rows.add(lateLabels(10_000));
    rows.add(lateLabels(1_000_000));
    rows.add(served());
    rows.add(together());
    rows.add(followed());
    rows.addAll(
        services(
            "service, at least once, m = 64",
            new Input(64, "none", 1),
            "processing-guarantee=at_least_once"));
    if (!flink.isEmpty()) {
      rows.add(flink("second", "PT1S"));
      rows.add(flink("50 ms", "PT0.05S")); // as often as the service commits
    }
    if (!pythonModules.isEmpty()) {
      rows.add(python("numpy"));
      rows.add(python("torch"));
    }
    rows.addAll(flags());
    rows.add(large("784-512-256-10", 8000));
    rows.add(large("784-4096-1600-10", 500));
    for (String interval : List.of("50ms", "10ms", "100ms")) {
      rows.addAll(latency("exactly_once_v2", interval));
    }
    rows.addAll(latency("at_least_once", "50ms"));
    return rows;
  }

  /** The service with other JVM flags than those it is shipped with; the last one given counts. */
  private List<Row> flags() {
    Map<String, List<String>> flags = new LinkedHashMap<>();
    flags.put("the flags of jvm.options, heap of 512 MB", List.of("-Xmx512m"));
    flags.put(
        "G1, regions of the JVM's choice, heap of 512 MB",
        List.of("-XX:G1HeapRegionSize=0", "-Xmx512m"));
    List<Row> rows = new ArrayList<>();
    flags.forEach(
        (name, options) -> {
          List<String> arguments =
              List.of(
                  "service",
                  Integer.toString(images / 64),
                  "topics.images=" + new Input(64, "none", 1).topic());
          rows.add(
              new Row(
                  "flags",
                  name,
                  new Input(64, "none", 1),
                  java(options, DrainRow.class.getName(), arguments),
                  null));
        });
    return rows;
  }

  /** A larger model under Adam. */
  private Row large(String layers, int records) {
    List<String> arguments =
        List.of(
            "service",
            Integer.toString(records),
            "topics.images=" + new Input(64, "none", 1).topic(),
            "model.layers=[" + layers.replace('-', ',') + "]",
            "model.optimizer.type=adam",
            "model.learning-rate.initial=0.0005");
    return new Row(
        "large",
        layers + ", Adam",
        new Input(64, "none", 1),
        java(List.of(), DrainRow.class.getName(), arguments),
        null);
  }

  private void service(List<Row> rows, String what, Input input) {
    rows.addAll(services("service, exactly once, " + what, input));
  }

  /** The service, without that of an earlier build. */
  private Row unrivalled(String what, Input input) {
    return row("service, exactly once, " + what, input, arguments("service", input));
  }

  /** The service, after that of the earlier build where there is one. */
  private List<Row> services(String name, Input input, String... settings) {
    List<String> arguments = arguments("service", input, settings);
    List<Row> rows = new ArrayList<>();
    Path earlier = baseline;
    if (earlier != null) {
      rows.add(
          new Row(
              "throughput",
              EARLIER + name,
              input,
              java(classPath(earlier), List.of(), DrainRow.class.getName(), arguments),
              earlier));
    }
    rows.add(row(name, input, arguments));
    return rows;
  }

  private static String classPath(Path checkout) {
    try {
      return checkout.resolve("target/test-classes")
          + ":"
          + checkout.resolve("target/classes")
          + ":"
          + Files.readString(checkout.resolve("target/bench.classpath")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("the baseline has to be made with -Pbench", e);
    }
  }

  private Row passThrough(int batchSize) {
    return drain(
        "pass-through topology, exactly once, m = " + batchSize, "pass-through", batchSize);
  }

  private Row drain(String name, String kind, int batchSize) {
    Input input = new Input(batchSize, "none", 1);
    return row(name, input, arguments(kind, input));
  }

  private Row row(String name, Input input, List<String> arguments) {
    return new Row(
        "throughput", name, input, java(List.of(), DrainRow.class.getName(), arguments), null);
  }

  private List<String> arguments(String kind, Input input, String... settings) {
    List<String> arguments = new ArrayList<>();
    arguments.add(kind);
    arguments.add(Integer.toString(images / input.batchSize()));
    arguments.add("topics.images=" + input.topic());
    arguments.addAll(Arrays.asList(settings));
    return arguments;
  }

  /** Labels that come so many images later, with a second topic of as many records. */
  private Row lateLabels(int delay) {
    Input input = new Input(64, "none", 1, delay);
    return row(
        "service, exactly once, m = 64, labels %,d images later".formatted(delay),
        input,
        arguments(
            "late labels",
            input,
            "topics.labels=" + input.labels(),
            "labels.wait-images=" + Math.max(10_000, 2 * delay)));
  }

  /** The service with its HTTP port, where nobody asks, somebody does, and somebody looks. */
  private Row served() {
    Input input = new Input(64, "none", 1);
    return new Row(
        "served",
        "service, exactly once, m = 64, served",
        input,
        java(List.of(), "io.streamgrad.cli.ServedRow", arguments("served", input)),
        null);
  }

  /** Records of one image, of which sixteen are learned in one step. */
  private Row together() {
    Input input = new Input(1, "none", 1);
    return row(
        "service, exactly once, m = 1, learned by sixteens",
        input,
        arguments("service", input, "model.batch-size=16"));
  }

  /** A model with a follower of its shape, beside the row of the model alone. */
  private Row followed() {
    Input input = new Input(64, "none", 1);
    return row(
        "service, exactly once, m = 64, with a follower",
        input,
        arguments("service", input, "models.next.follows=default"));
  }

  private Row flink(String checkpoints, String interval) {
    Input input = new Input(64, "none", 1);
    return new Row(
        "throughput",
        "Flink 2, exactly once, m = 64, checkpoints every " + checkpoints,
        input,
        java(flink, List.of(), "io.streamgrad.bench.FlinkRow", arguments(interval, input)),
        null);
  }

  private Row python(String kind) {
    return new Row(
        "throughput",
        kind + " loop in Python, no guarantee",
        new Input(64, "none", 1),
        List.of(
            python,
            "src/bench/python/loop.py",
            kind,
            "BOOTSTRAP",
            new Input(64, "none", 1).topic(),
            Integer.toString(images / 64),
            pythonModules),
        null);
  }

  /** Of the default, after that of the earlier build where there is one. */
  private List<Row> latency(String guarantee, String commitInterval) {
    String name = guarantee + ", commit-interval " + commitInterval;
    String main = LatencyRow.class.getName();
    List<String> arguments =
        List.of("processing-guarantee=" + guarantee, "commit-interval=" + commitInterval);
    Path earlier = baseline;
    List<Row> rows = new ArrayList<>();
    if (earlier != null && guarantee.equals("exactly_once_v2") && commitInterval.equals("50ms")) {
      List<String> command = java(classPath(earlier), List.of(), main, arguments);
      rows.add(new Row("latency", EARLIER + name, Input.NONE, command, earlier));
    }
    rows.add(new Row("latency", name, Input.NONE, java(List.of(), main, arguments), null));
    return rows;
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
    if (row.input().delay() >= 0) {
      topics.add("applied");
    }
    create(topics.stream().map(topic -> id + "-" + topic).toList());
    if (command.get(0).endsWith("java")) {
      command.add("kafka.bootstrap.servers=" + bootstrap);
      command.add("application-id=" + id);
      command.addAll(settings);
      command.add("state-dir=" + dataDir.toAbsolutePath().resolveSibling(id));
      topics.forEach(topic -> command.add("topics." + topic + "=" + id + "-" + topic));
    }
    Process process = start(command, row.directory());
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
  private void fill(Input input) {
    create(input.delay() < 0 ? List.of(input.topic()) : List.of(input.topic(), input.labels()));
    Map<String, Object> properties = new HashMap<>();
    properties.put("bootstrap.servers", bootstrap);
    properties.put("batch.size", 512 * 1024);
    properties.put("linger.ms", 20);
    properties.put("compression.type", input.compression());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      int number = 0;
      int later = input.delay() / input.batchSize();
      for (Batch batch :
          Batches.of(Datasets.mnist(Split.TRAIN), input.batchSize()).repeat(images).limit(images)) {
        ImageBatch.Builder message =
            ImageBatch.newBuilder()
                .setHeight(batch.height())
                .setWidth(batch.width())
                .setPixels(UnsafeByteOperations.unsafeWrap(batch.pixels()));
        ByteString labels = UnsafeByteOperations.unsafeWrap(batch.labels());
        if (input.delay() < 0) {
          message.setLabels(labels);
        } else {
          LabelBatch late =
              LabelBatch.newBuilder()
                  .setInput(InputPosition.newBuilder().setOffset(number))
                  .setLabels(labels)
                  .build();
          long time = (long) number + later; // right after the batch of the same time
          producer.send(new ProducerRecord<>(input.labels(), 0, time, null, late.toByteArray()));
        }
        byte[] model =
            input.models() == 1
                ? null
                : ("m" + number % input.models()).getBytes(StandardCharsets.UTF_8);
        Long time = input.delay() < 0 ? null : Long.valueOf(number);
        producer.send(
            new ProducerRecord<>(input.topic(), null, time, model, message.build().toByteArray()));
        number++;
      }
    }
  }

  private List<String> java(List<String> options, String main, List<String> args) {
    return java(System.getProperty("java.class.path"), options, main, args);
  }

  private List<String> java(
      String classPath, List<String> options, String main, List<String> args) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@jvm.options");
    if (Runtime.version().feature() >= 24) {
      command.add("@jvm-24.options");
    }
    command.addAll(options);
    command.add("-D" + DrainRow.WARM_UP + "=" + warmUp);
    Collections.addAll(command, "-cp", classPath, main);
    command.addAll(args);
    return command;
  }

  private static Process start(List<String> command, @Nullable Path directory) throws IOException {
    Path log = Files.createTempFile("bench", ".log");
    log.toFile().deleteOnExit();
    return new ProcessBuilder(command)
        .directory(directory == null ? null : directory.toFile())
        .redirectError(log.toFile())
        .start();
  }
}
