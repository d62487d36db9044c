package io.streamgrad;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamgrad.chaos.Reliability;
import io.streamgrad.cli.StreamgradCommand;
import io.streamgrad.config.Partitioner;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.embedded.EmbeddedBroker;
import io.streamgrad.metrics.ServiceMetrics;
import io.streamgrad.streams.runtime.StreamsService;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.VerificationException;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.MessageReader;
import io.streamgrad.wire.ModelPartitions;
import io.streamgrad.wire.pixels.PngFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clients in examples, as they stand there, on topics of several partitions. */
class ExamplesIT {
  private static final Path EXAMPLES = Path.of("examples").toAbsolutePath();
  private static final Path NODE = Path.of("target", "examples", "node").toAbsolutePath();
  private static final String IMAGES = "streamgrad.images";
  private static final int PARTITIONS = 5;
  private static final int BATCHES = 4; // of each model
  private static final List<String> NAMES =
      List.of(
          "mnist",
          "a",
          "with space, dots... and /slashes",
          "gr\u00f6\u00dfe \u00e4\u00f6\u00fc",
          "e\u0301", // e and an accent, which is not the letter with one
          "\u6a21\u578b",
          "\ud83d\ude80\ud83d\ude80",
          "n".repeat(249),
          "\u00fc".repeat(124));

  @TempDir private Path directory;

  /** The languages that there are examples in. */
  enum Language {
    JAVA("protobuf", "java/Produce.java", "java/Consume.java") {
      @Override
      String command(ExamplesIT test, String program) {
        return "%s -cp %s %s"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                SharedClasses.jar(),
                EXAMPLES.resolve(program));
      }
    },
    PYTHON("protobuf", "python/produce.py", "python/consume.py") {
      @Override
      String command(ExamplesIT test, String program) throws Exception {
        test.preparePython();
        return Programs.PYTHON + " " + EXAMPLES.resolve(program);
      }
    },
    NODE("json", "node/produce.js", "node/consume.js") {
      @Override
      String command(ExamplesIT test, String program) throws Exception {
        prepareNode();
        return "node " + EXAMPLES.resolve(program);
      }
    };

    /** What the consumer reads: a value of outputs.format. */
    final String format;

    final String producer;
    final String consumer;

    Language(String format, String producer, String consumer) {
      this.format = format;
      this.producer = producer;
      this.consumer = consumer;
    }

    /** One of the programs, for a shell; skips the test where it can't run. */
    abstract String command(ExamplesIT test, String program) throws Exception;
  }

  @ParameterizedTest
  @EnumSource
  void theServiceTakesEveryRecordOfTheExampleWhoseConsumerShowsEveryPrediction(Language language)
      throws Exception {
    Program producer = shell(language.command(this, language.producer), NAMES);
    String count = Integer.toString(NAMES.size() * BATCHES);
    Program consumer = shell(language.command(this, language.consumer), List.of(count));

    VerificationReport report =
        produced(
            producer,
            Partitioner.MURMUR2,
            language.format,
            server -> {
              consumer.run(server);
              assertThat(programs().output().lines())
                  .containsExactlyInAnyOrderElementsOf(predictions(server));
            });

    Reliability.row(
        Reliability.Table.KINDS,
        "names in ASCII, umlauts, Chinese and emoji, short and long, from the example in "
            + language.name().toLowerCase(Locale.ROOT),
        0,
        report.predictions(),
        "each in its name's partition, no dead letter, every prediction read, agrees");
  }

  @Test
  void theServiceLearnsFromTheLabelsThatTheExampleSendsLater() throws Exception {
    preparePython();
    String command = Programs.PYTHON + " " + EXAMPLES.resolve("python/label_later.py");
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
      ServiceConfig config =
          ConfigLoader.load(
              null,
              Map.of(),
              Map.of(
                  "kafka.bootstrap.servers", broker.bootstrapServers(),
                  "topics.create", "true",
                  "topics.labels", "streamgrad.labels",
                  "topics.partitions", Integer.toString(PARTITIONS),
                  "state-dir", directory.resolve("state").toString()));
      try (ServiceMetrics metrics = metrics(config);
          StreamsService service = StreamsService.start(config, metrics)) {
        shell(command, List.of("later")).run(broker.bootstrapServers());
        Awaitility.await()
            .atMost(Duration.ofMinutes(2))
            .ignoreExceptionsInstanceOf(VerificationException.class) // nothing committed yet
            .untilAsserted(
                () -> {
                  assertThat(service.isRunning()).isTrue();
                  assertThat(Verifier.verify(config, Verifier.Scope.ALL).labels())
                      .isEqualTo(BATCHES);
                });
      }
      VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
      assertThat(report.disagreements()).isEmpty();
      assertThat(report.updates()).isEqualTo(BATCHES);
    }
  }

  @Test
  void theServiceLearnsFromImagesThatExamplesSendWithoutAMessage() throws Exception {
    byte[] pixels = new byte[28 * 28];
    new Random(18).nextBytes(pixels);
    String png =
        Files.write(directory.resolve("a.png"), PngFiles.png(28, 28, 1, pixels)).toString();
    String grey = Files.write(directory.resolve("a.gray"), pixels).toString();
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        ServiceMetrics metrics = metrics(config(broker, Partitioner.MURMUR2, "protobuf"))) {
      ServiceConfig config = config(broker, Partitioner.MURMUR2, "protobuf");
      Map<String, String> commands = imageCommands();
      try (StreamsService service = StreamsService.start(config, metrics)) {
        for (Map.Entry<String, String> command : commands.entrySet()) {
          String file = command.getKey().equals("node") ? grey : png;
          shell(command.getValue(), List.of(command.getKey(), "7", file, file))
              .run(broker.bootstrapServers());
        }
        Awaitility.await()
            .atMost(Duration.ofMinutes(1))
            .ignoreExceptionsInstanceOf(VerificationException.class) // nothing committed yet
            .untilAsserted(
                () -> {
                  assertThat(service.isRunning()).isTrue();
                  assertThat(Verifier.verify(config, Verifier.Scope.ALL).updates())
                      .isEqualTo(2L * commands.size());
                });
      }
      VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
      assertThat(report.disagreements()).isEmpty();
      assertThat(report.deadLetters()).isZero();
      // All models have the same seed and the same two images: so they predict the same.
      assertThat(
              all(
                      broker.bootstrapServers(),
                      "streamgrad.predictions",
                      new MessageReader<>(PredictionBatch.getDefaultInstance()))
                  .stream()
                  .map(ConsumerRecord::value)
                  .map(p -> p.getModelVersion() + " " + p.getConfidencesList() + p.getScore())
                  .distinct())
          .hasSize(2);
    }
  }

  /** The examples that can run here, by language. */
  private Map<String, String> imageCommands() throws Exception {
    Map<String, String> commands = new TreeMap<>();
    commands.put("java", Language.JAVA.command(this, "java/ProducePng.java"));
    if (programs().works(Programs.PYTHON, "-c", "import confluent_kafka")) {
      commands.put("python", Programs.PYTHON + " " + EXAMPLES.resolve("python/produce_png.py"));
    }
    if (programs().works("kcat", "-V")) {
      commands.put("kcat", "sh " + EXAMPLES.resolve("kcat/produce_png.sh"));
    }
    if (nodeTrouble().isEmpty()) {
      commands.put("node", Language.NODE.command(this, "node/produce_pixels.js"));
    }
    return commands;
  }

  @Test
  void aServiceOfTheOtherRuleTakesWhatLibrdkafkaSendsByDefault() throws Exception {
    preparePython();
    String source = Files.readString(EXAMPLES.resolve("python/produce.py"));
    String byDefault = source.replaceAll("(?m)^.*\"partitioner\".*\n", "");
    assertThat(byDefault).hasSizeLessThan(source.length());
    Path program = Files.writeString(directory.resolve("by_default.py"), byDefault);

    produced(shell(Programs.PYTHON + " " + program, NAMES), Partitioner.CRC32);
  }

  @Test
  void librdkafkaPutsAnyNameWhereTheRuleSays() throws Exception {
    preparePython();
    List<String> names = randomNames(2000);
    String file = namesFile(names);
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
      createImages(broker);
      for (String setting : List.of("murmur2_random", "consistent_random", "murmur2")) {
        String printed =
            programs()
                .run(
                    Programs.PYTHON,
                    Path.of("src/test/python/partitions.py").toAbsolutePath().toString(),
                    broker.bootstrapServers(),
                    IMAGES,
                    setting,
                    file);

        Partitioner rule = setting.startsWith("murmur2") ? Partitioner.MURMUR2 : Partitioner.CRC32;
        assertThat(numbers(printed)).as(setting).isEqualTo(partitions(rule, names));
      }
    }
  }

  @Test
  void kafkajsPutsAnyNameWhereTheRuleSays() throws Exception {
    prepareNode();
    List<String> names = randomNames(2000);

    String printed =
        programs()
            .run(
                "node",
                Path.of("src/test/node/partitions.js").toAbsolutePath().toString(),
                Integer.toString(PARTITIONS),
                namesFile(names));

    assertThat(numbers(printed)).isEqualTo(partitions(Partitioner.MURMUR2, names));
  }

  @ParameterizedTest
  @EnumSource
  void theServiceTakesEveryRecordOfItsOwnProducer(Partitioner rule) throws Exception {
    produced(
        server -> {
          for (String name : NAMES) {
            int exit =
                StreamgradCommand.run(
                    "produce",
                    "--bootstrap-server",
                    server,
                    "--partitioner",
                    rule.text(),
                    "--model",
                    name,
                    "--limit",
                    Integer.toString(16 * BATCHES));
            assertThat(exit).as(name).isZero();
          }
        },
        rule);
  }

  /** A client of the broker at this address, which runs to its end. */
  private interface Program {
    void run(String server) throws Exception;
  }

  /** The command with the server and these arguments. */
  private Program shell(String command, List<String> arguments) {
    return server -> {
      // In a file, whose encoding is known: that of arguments depends on where the tests run.
      Path script = directory.resolve("client.sh");
      Files.writeString(
          script, "exec %s %s '%s'\n".formatted(command, server, String.join("' '", arguments)));
      programs().run("sh", script.toString());
    };
  }

  /** Has the program send to a service of this rule, which must take all of it. */
  private VerificationReport produced(Program producer, Partitioner rule) throws Exception {
    return produced(producer, rule, "protobuf", server -> {});
  }

  /** As above, and has a consumer read what the service answers in this format. */
  private VerificationReport produced(
      Program producer, Partitioner rule, String format, Program consumer) throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        ServiceMetrics metrics = metrics(config(broker, rule, format))) {
      ServiceConfig config = config(broker, rule, format);
      try (StreamsService service = StreamsService.start(config, metrics)) {
        producer.run(broker.bootstrapServers());

        Map<String, Set<Integer>> found = partitionsByKey(broker);
        Map<String, Set<Integer>> expected = new TreeMap<>();
        for (String name : NAMES) {
          int home = ModelPartitions.partition(rule, name.getBytes(UTF_8), PARTITIONS);
          expected.put(name, new TreeSet<>(List.of(home)));
        }
        assertThat(found).isEqualTo(expected);
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptionsInstanceOf(VerificationException.class) // nothing committed yet
            .untilAsserted(
                () -> {
                  assertThat(service.isRunning()).isTrue();
                  assertThat(Verifier.verify(config, Verifier.Scope.ALL).predictions())
                      .isEqualTo((long) NAMES.size() * BATCHES);
                });
        consumer.run(broker.bootstrapServers());
      }
      VerificationReport report = Verifier.verify(config, Verifier.Scope.ALL);
      assertThat(report.disagreements()).isEmpty();
      assertThat(report.deadLetters()).isZero();
      assertThat(report.updates()).isEqualTo((long) NAMES.size() * BATCHES);
      return report;
    }
  }

  private static Map<String, Set<Integer>> partitionsByKey(EmbeddedBroker broker) {
    Map<String, Set<Integer>> found = new TreeMap<>();
    for (ConsumerRecord<String, byte[]> record :
        all(broker.bootstrapServers(), IMAGES, new ByteArrayDeserializer())) {
      found.computeIfAbsent(record.key(), key -> new TreeSet<>()).add(record.partition());
    }
    return found;
  }

  /** All that are committed, as the consumers print them. */
  private static List<String> predictions(String server) {
    return all(
            server,
            "streamgrad.predictions",
            new MessageReader<>(PredictionBatch.getDefaultInstance()))
        .stream()
        .map(ConsumerRecord::value)
        .map(
            p ->
                String.format(
                    Locale.ROOT,
                    "%s v%d %s %s %d right, loss %.3f",
                    p.getModel(),
                    p.getModelVersion(),
                    p.getBatchId(),
                    p.getClassesList(),
                    p.getScore().getCorrect(),
                    p.getScore().getMeanLoss()))
        .toList();
  }

  /** The committed records of a topic. */
  private static <V> List<ConsumerRecord<String, V>> all(
      String server, String topic, Deserializer<V> values) {
    List<TopicPartition> partitions =
        IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(topic, p)).toList();
    List<ConsumerRecord<String, V>> found = new ArrayList<>();
    try (KafkaConsumer<String, V> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers", server,
                "auto.offset.reset", "earliest",
                "isolation.level", "read_committed"),
            new StringDeserializer(),
            values)) {
      consumer.assign(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        consumer.poll(Duration.ofMillis(100)).forEach(found::add);
      }
    }
    return found;
  }

  private void preparePython() throws Exception {
    assumeTrue(programs().works("protoc", "--version"), "protoc is not installed");
    assumeTrue(
        programs().works(Programs.PYTHON, "-c", "import confluent_kafka, google.protobuf"),
        "Python's confluent_kafka and protobuf are not installed");
    programs()
        .run(
            "protoc",
            "-I" + Path.of("src/main/proto").toAbsolutePath(),
            "--python_out=.",
            "streamgrad/v1/streamgrad.proto");
  }

  private static void prepareNode() throws Exception {
    String trouble = nodeTrouble();
    assumeTrue(trouble.isEmpty(), trouble);
  }

  /** Installs what the example needs, once, outside of the source tree; empty if it is there. */
  private static String nodeTrouble() throws Exception {
    Files.createDirectories(NODE);
    Programs npm = new Programs(NODE, Map.of());
    if (!npm.works("node", "--version")) {
      return "Node is not installed";
    }
    if (Files.exists(NODE.resolve("node_modules/kafkajs/package.json"))) {
      return "";
    }
    for (String file : List.of("package.json", "package-lock.json")) {
      Files.write(NODE.resolve(file), Files.readAllBytes(EXAMPLES.resolve("node").resolve(file)));
    }
    List<String> install =
        new ArrayList<>(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"));
    if (System.getProperty("maven.mode", "").equals("offline: true")) {
      install.add("--offline");
    }
    boolean installed = npm.works(install.toArray(String[]::new));
    return installed ? "" : "npm can't install kafkajs:\n" + output(npm);
  }

  private static String output(Programs programs) {
    try {
      return programs.output();
    } catch (IOException e) {
      return e.toString();
    }
  }

  private Programs programs() {
    return new Programs(
        directory,
        Map.of("LC_ALL", "C.UTF-8", "NODE_PATH", NODE.resolve("node_modules").toString()));
  }

  private static ServiceMetrics metrics(ServiceConfig config) {
    return new ServiceMetrics(
        config,
        Arrays.stream(BadRecordException.Reason.values())
            .map(BadRecordException.Reason::text)
            .toList());
  }

  private ServiceConfig config(EmbeddedBroker broker, Partitioner rule, String format) {
    Map<String, String> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", broker.bootstrapServers());
    settings.put("state-dir", directory.resolve("streams").toString());
    settings.put("topics.create", "true");
    settings.put("topics.partitions", Integer.toString(PARTITIONS));
    settings.put("models.partitioner", rule.text());
    settings.put("outputs.format", format);
    return ConfigLoader.load(null, Map.of(), settings);
  }

  private static void createImages(EmbeddedBroker broker) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin.createTopics(List.of(new NewTopic(IMAGES, PARTITIONS, (short) 1))).all().get();
    }
  }

  /** Seeded names of all lengths and from all over Unicode, none of them twice. */
  private static List<String> randomNames(int count) {
    Random random = new Random(18);
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                i
                    + random
                        .ints(random.nextInt(40), 0x20, Character.MAX_CODE_POINT + 1)
                        .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                        .mapToObj(Character::toString)
                        .collect(Collectors.joining()))
        .toList();
  }

  private String namesFile(List<String> names) throws IOException {
    Path file = directory.resolve("names.json");
    new ObjectMapper().writeValue(file.toFile(), names);
    return file.toString();
  }

  private static List<Integer> partitions(Partitioner rule, List<String> names) {
    return names.stream()
        .map(name -> ModelPartitions.partition(rule, name.getBytes(UTF_8), PARTITIONS))
        .toList();
  }

  private static List<Integer> numbers(String json) throws IOException {
    return new ObjectMapper().readValue(json, new TypeReference<List<Integer>>() {});
  }
}
