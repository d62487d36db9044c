package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.Documents;
import io.streamgrad.Running;
import io.streamgrad.embedded.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command of the runbook but compose's, which ComposeIT runs, as it stands there, with the
 * brokers' address for kafka:9092: on a service that learns, while one model of its diverges and
 * records come that can't be read.
 */
class RunbookIT {
  private static final Path RUNBOOK = Path.of("docs", "RUNBOOK.md");
  private static final String UNTIL_INTERRUPTED = " # until Ctrl-C";

  /** What a command shows that begins like this; no command begins in two ways. */
  private static final Map<String, List<String>> SHOWS =
      Map.ofEntries(
          Map.entry("streamgrad watch predictions ", List.of("modelVersion", "offset")),
          Map.entry(
              "streamgrad watch metrics ", List.of("REASON_UPDATE_SKIPPED", "REASON_DIVERGED")),
          Map.entry("streamgrad watch dead-letters ", List.of("unreadable")),
          Map.entry("streamgrad verify ", List.of("agrees")),
          Map.entry("streamgrad adopt ", List.of("nothing is wrong")),
          Map.entry("kafka-consumer-groups.sh ", List.of("LAG", "streamgrad.images")),
          Map.entry("kafka-topics.sh ", List.of("")),
          Map.entry("kafka-transactions.sh ", List.of("StartOffset")),
          Map.entry("kubectl -n streamgrad get pods ", List.of("streamgrad-0")),
          Map.entry("kubectl -n streamgrad get statefulset ", List.of("streamgrad")),
          Map.entry("kubectl -n streamgrad get events ", List.of("failed-mount")),
          Map.entry("kubectl -n streamgrad logs streamgrad-0 --tail", List.of("waiting for")),
          Map.entry("kubectl -n streamgrad logs streamgrad-0 --previous", List.of("OutOfMemory")));

  @TempDir private Path directory;
  @TempDir private Path work;
  private EmbeddedBroker broker;
  private KubernetesStub kubernetes;
  private Tools tools;

  @BeforeEach
  void start() throws Exception {
    broker = EmbeddedBroker.start(directory.resolve("kafka"), 0);
    kubernetes = new KubernetesStub();
    tools = new Tools(work);
    tools.setVariable("KUBECONFIG", kubernetes.kubeconfig(work.resolve("kubeconfig")).toString());
    tools.setVariable("HOME", work.toString()); // kubectl keeps a cache there
    Files.writeString(
        work.resolve("service.yaml"),
        """
        topics: {create: true}
        kafka: {bootstrap.servers: "%s"}
        http: {host: 127.0.0.1, port: 0, health-port: 0}
        state-dir: %s
        models: {broken: {learning-rate: {initial: 1e6}}}
        """
            .formatted(broker.bootstrapServers(), directory.resolve("state")));
  }

  @AfterEach
  void stop() {
    kubernetes.close();
    broker.close();
  }

  @Test
  void everyCommandWorksAsItStandsThere() throws Exception {
    List<String> commands =
        Documents.shell(RUNBOOK).stream().filter(line -> !line.startsWith("docker ")).toList();
    assertThat(commands).hasSizeGreaterThan(10);

    try (Running service = start("serve", "--config", work.resolve("service.yaml").toString())) {
      service.awaitOutput("Kafka Streams is (RUNNING)");
      try (Running producer =
          start("produce", "--bootstrap-server", server(), "--rate", "200", "--repeat", "1000")) {
        produceForTheBrokenModel();
        sendUnreadable();
        for (String command : commands) {
          if (!needsAStoppedService(command)) {
            run(command);
          }
        }
        assertThat(producer.isAlive()).isTrue();
      }
      assertThat(service.terminate()).isEqualTo(143);
    }
    for (String command : commands) {
      if (needsAStoppedService(command)) {
        run(command);
      }
    }
  }

  @Test
  void everyCommandIsInABlockThatIsRun() throws IOException {
    String text = Files.readString(RUNBOOK).replaceAll("(?ms)^ *```sh\n.*?^ *```$", "");

    assertThat(text)
        .doesNotContain("```")
        .doesNotContainPattern("`(streamgrad|kafka-\\S+\\.sh|kubectl|docker|curl) [^`]* [^`]*`");
  }

  private static boolean needsAStoppedService(String command) {
    return command.startsWith("streamgrad adopt ") || command.startsWith("streamgrad verify ");
  }

  private void produceForTheBrokenModel() throws IOException, InterruptedException {
    assertThat(
            start("produce", "--bootstrap-server", server(), "--model", "broken", "--limit", "640")
                .exit(Duration.ofMinutes(1)))
        .isZero();
  }

  private void sendUnreadable() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", server()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (byte i = 0; i < 5; i++) {
        producer.send(new ProducerRecord<>("streamgrad.images", new byte[] {7, i})).get();
      }
    }
  }

  private void run(String command) throws IOException, InterruptedException {
    List<String> shows = shows(command);
    assumeTrue(!command.startsWith("kubectl") || installed("kubectl"), "kubectl is not installed");
    String line = command.replace("kafka:9092", server());
    if (!command.endsWith(UNTIL_INTERRUPTED)) {
      assertThat(tools.run(line)).as(command).contains(shows);
      return;
    }
    Path output = Files.createTempFile(work, "output", ".txt");
    Process process = tools.start(line, output);
    try {
      Awaitility.await(command)
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> assertThat(Files.readString(output)).contains(shows));
      process.destroy();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static List<String> shows(String command) {
    List<String> beginnings = SHOWS.keySet().stream().filter(command::startsWith).toList();
    assertThat(beginnings).as(command).hasSize(1);
    return SHOWS.getOrDefault(beginnings.get(0), List.of());
  }

  private static boolean installed(String program) {
    return List.of(System.getenv().getOrDefault("PATH", "").split(":", -1)).stream()
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private Running start(String... arguments) throws IOException {
    return new Running(directory, List.of(), Map.of(), List.of(arguments));
  }

  private String server() {
    return broker.bootstrapServers();
  }
}
