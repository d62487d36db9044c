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
import io.streamgrad.verify.VerificationException;
import io.streamgrad.verify.VerificationReport;
import io.streamgrad.verify.Verifier;
import io.streamgrad.wire.BadRecordException;
import io.streamgrad.wire.ModelPartitions;
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
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The producers in examples, as they stand there, on a topic of several partitions. */
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
    JAVA {
      @Override
      String command(ExamplesIT test) {
        return "%s -cp %s %s"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                SharedClasses.JAR.toAbsolutePath(),
                EXAMPLES.resolve("java/Produce.java"));
      }
    },
    PYTHON {
      @Override
      String command(ExamplesIT test) throws Exception {
        test.preparePython();
        return Programs.PYTHON + " " + EXAMPLES.resolve("python/produce.py");
      }
    },
    NODE {
      @Override
      String command(ExamplesIT test) throws Exception {
        prepareNode();
        return "node " + EXAMPLES.resolve("node/produce.js");
      }
    };

    /** The program, for a shell; skips the test where it can't run. */
    abstract String command(ExamplesIT test) throws Exception;
  }

  @ParameterizedTest
  @EnumSource
  void theServiceTakesEveryRecordOfTheExample(Language language) throws Exception {
    String command = language.command(this);

    VerificationReport report = produced(command, Partitioner.MURMUR2);

    Reliability.row(
        Reliability.Table.KINDS,
        "names in ASCII, umlauts, Chinese and emoji, short and long, from the example in "
            + language.name().toLowerCase(Locale.ROOT),
        0,
        report.predictions(),
        "each in its name's partition, no dead letter, agrees");
  }

  @Test
  void aServiceOfTheOtherRuleTakesWhatLibrdkafkaSendsByDefault() throws Exception {
    preparePython();
    String source = Files.readString(EXAMPLES.resolve("python/produce.py"));
    String byDefault = source.replaceAll("(?m)^.*\"partitioner\".*\n", "");
    assertThat(byDefault).hasSizeLessThan(source.length());
    Path program = Files.writeString(directory.resolve("by_default.py"), byDefault);

    produced(Programs.PYTHON + " " + program, Partitioner.CRC32);
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

  /** Sends {@link #BATCHES} to each of {@link #NAMES}. */
  private interface Producer {
    void send(String server) throws Exception;
  }

  /** Has the program send to a service of this rule, which must take all of it. */
  private VerificationReport produced(String command, Partitioner rule) throws Exception {
    return produced(
        server -> {
          // In a file, whose encoding is known: that of arguments depends on where the tests run.
          Path script = directory.resolve("produce.sh");
          Files.writeString(
              script, "exec %s %s '%s'\n".formatted(command, server, String.join("' '", NAMES)));
          programs().run("sh", script.toString());
        },
        rule);
  }

  private VerificationReport produced(Producer producer, Partitioner rule) throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
        ServiceMetrics metrics = metrics()) {
      ServiceConfig config = config(broker, rule);
      try (StreamsService service = StreamsService.start(config, metrics)) {
        producer.send(broker.bootstrapServers());

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
    List<TopicPartition> all =
        IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(IMAGES, p)).toList();
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", broker.bootstrapServers(), "auto.offset.reset", "earliest"),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(all);
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        consumer
            .poll(Duration.ofMillis(100))
            .forEach(
                record ->
                    found
                        .computeIfAbsent(record.key(), key -> new TreeSet<>())
                        .add(record.partition()));
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

  /** Installs what the example needs, once, outside of the source tree. */
  private static void prepareNode() throws Exception {
    Files.createDirectories(NODE);
    Programs npm = new Programs(NODE, Map.of());
    assumeTrue(npm.works("node", "--version"), "Node is not installed");
    if (Files.exists(NODE.resolve("node_modules/kafkajs/package.json"))) {
      return;
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
    assumeTrue(installed, () -> "npm can't install kafkajs:\n" + output(npm));
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

  private static ServiceMetrics metrics() {
    return new ServiceMetrics(
        Arrays.stream(BadRecordException.Reason.values())
            .map(BadRecordException.Reason::text)
            .toList());
  }

  private ServiceConfig config(EmbeddedBroker broker, Partitioner rule) {
    Map<String, String> settings = new HashMap<>();
    settings.put("kafka.bootstrap.servers", broker.bootstrapServers());
    settings.put("state-dir", directory.resolve("streams").toString());
    settings.put("topics.create", "true");
    settings.put("topics.partitions", Integer.toString(PARTITIONS));
    settings.put("models.partitioner", rule.text());
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
