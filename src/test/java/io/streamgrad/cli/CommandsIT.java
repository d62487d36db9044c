package io.streamgrad.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamgrad.Running;
import io.streamgrad.v1.MetricsReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands, each in a process of its own. */
class CommandsIT {
  // What every JDK must learn from MNIST with the defaults.
  private static final String WEIGHTS_SHA256 =
      "9fa49726b681a43e47191608d25a6d1676f36f8608faca30aac84facb6b088a1";

  @TempDir private Path directory;

  @Test
  void theDemoLearnsMnistAndASecondRunGoesOn() throws Exception {
    JsonNode first = demo();
    assertThat(first.get("images").asLong()).isEqualTo(60_000);
    assertThat(first.get("batches").asLong()).isEqualTo(3_750);
    assertThat(first.get("heldOutAccuracy").asDouble()).isGreaterThanOrEqualTo(0.925);
    assertThat(first.get("prequentialAccuracy").asDouble()).isGreaterThanOrEqualTo(0.895);
    assertThat(first.get("imagesPerSecond").asDouble()).isPositive();
    assertThat(first.get("weightsSha256").asText()).isEqualTo(WEIGHTS_SHA256);

    JsonNode second = demo();
    assertThat(second.get("prequentialAccuracy").asDouble())
        .isGreaterThan(first.get("prequentialAccuracy").asDouble() + 0.01);
    assertThat(second.get("weightsSha256").asText()).isNotEqualTo(WEIGHTS_SHA256);
  }

  @Test
  void aBadSettingAndABadOptionEndWithAMessage() throws Exception {
    Running.Ended setting = run("serve", "-c", "http.prot=1");
    assertThat(setting.exit()).isEqualTo(1);
    assertThat(setting.output()).contains("http.prot").contains("port");

    Running.Ended option = run("produce", "--batch-size", "0");
    assertThat(option.exit()).isEqualTo(2);
    assertThat(option.output()).contains("--batch-size 0").contains("1 or above");
  }

  @Test
  void helpAndTopologyArePrinted() throws Exception {
    assertThat(run("--help").output()).contains("demo", "serve", "broker", "produce", "watch");
    assertThat(run("topology").output()).contains("Processor: learn (stores: [commit, weights])");
  }

  @Test
  void brokerServiceProducerAndWatcherWorkTogetherAsProcesses() throws Exception {
    try (Running broker =
        start("broker", "--data-dir", directory.resolve("b").toString(), "--port", "0")) {
      String server = broker.awaitOutput("Kafka at (\\S+),");
      try (Running service =
          start(
              "serve",
              "-c",
              "kafka.bootstrap.servers=" + server,
              "-c",
              "topics.create=true",
              "-c",
              "http.port=0",
              "-c",
              "http.health-port=0",
              "-c",
              "state-dir=" + directory.resolve("s"))) {
        service.awaitOutput("serving streamgrad at (\\S+)");

        Running.Ended produced = run("produce", "--bootstrap-server", server, "--limit", "161");
        Running.Ended watched =
            run(
                "watch",
                "predictions",
                "--bootstrap-server",
                server,
                "--from-beginning",
                "--limit",
                "11",
                "--format",
                "json");

        assertThat(produced.output()).contains("sent 161 images in 11 batches");
        assertThat(watched.output().lines()).hasSize(11);
        JsonNode last = new ObjectMapper().readTree(watched.output().lines().toList().get(10));
        assertThat(last.get("modelVersion").asText()).isEqualTo("10");
        assertThat(last.get("classes")).hasSize(1);
        assertThat(
                new ObjectMapper()
                    .readTree(watched.output().lines().findFirst().get())
                    .get("modelVersion")
                    .asText())
            .as("the first prediction's version, which is 0")
            .isEqualTo("0");
        assertForeignRecordsArePassedOverAndFiltersEnd(server);
        String cluster = "kafka.bootstrap.servers=" + server;
        Running.Ended agrees = run("verify", "--model", "default", "-c", cluster);
        assertThat(agrees.exit()).as(agrees.output()).isZero();
        assertThat(agrees.output()).contains("agrees: 11 updates, 11 predictions");
        Running.Ended disagrees = run("verify", "-c", cluster, "-c", "model.seed=1");
        assertThat(disagrees.exit()).as(disagrees.output()).isEqualTo(3);
        assertThat(disagrees.output())
            .contains("13 disagreements")
            .contains("wrong weights: model");
        Running.Ended nothing = run("verify", "-c", cluster, "--model", "other");
        assertThat(nothing.exit()).isEqualTo(1);
        assertThat(nothing.output()).contains("no batch of streamgrad.images of model \"other\"");
        assertThat(run("verify", "--until", "-1").exit()).isEqualTo(2);
        assertThat(service.terminate()).isEqualTo(143); // SIGTERM, after a graceful stop
        assertThat(service.output()).contains("Kafka Streams is NOT_RUNNING");
      }
    }
  }

  private void assertForeignRecordsArePassedOverAndFiltersEnd(String server) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", server),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>("streamgrad.metrics", new byte[] {1, 2, 3})).get();
      byte[] forged = MetricsReport.newBuilder().setModel("a\nb").build().toByteArray();
      producer.send(new ProducerRecord<>("streamgrad.metrics", forged)).get();
    }
    Running.Ended metrics =
        run(
            "watch",
            "metrics",
            "--bootstrap-server",
            server,
            "--from-beginning",
            "--until-time",
            Instant.now().toString());
    assertThat(metrics.exit()).isZero();
    assertThat(metrics.output())
        .contains("is passed over: not a MetricsReport")
        .contains("\na\\u000ab v0  0 updates skipped");

    Running.Ended some =
        run(
            "watch",
            "predictions",
            "--bootstrap-server",
            server,
            "--model",
            "default",
            "--from-offset",
            "3",
            "--until-offset",
            "4");
    assertThat(some.output().lines())
        .satisfiesExactly(
            line -> assertThat(line).startsWith("default v3  streamgrad.images-0@3 "),
            line -> assertThat(line).startsWith("default v4  streamgrad.images-0@4 "));
    assertThat(
            run(
                    "watch",
                    "predictions",
                    "--bootstrap-server",
                    server,
                    "--model",
                    "other",
                    "--from-time",
                    "1h",
                    "--until-time",
                    "0s")
                .output())
        .isEmpty();
  }

  @Test
  void withoutABrokerEachCommandEndsSoonAndSaysWhere() throws Exception {
    String nobody = "127.0.0.1:1";
    List<List<String>> commands =
        List.of(
            List.of("produce", "--bootstrap-server", nobody),
            List.of("watch", "metrics", "--bootstrap-server", nobody),
            List.of("verify", "-c", "kafka.bootstrap.servers=" + nobody),
            List.of("adopt", "-c", "kafka.bootstrap.servers=" + nobody));
    List<Running> running = new ArrayList<>();
    for (List<String> command : commands) {
      running.add(new Running(directory, List.of(), Map.of(), command));
    }
    for (int i = 0; i < running.size(); i++) {
      try (Running each = running.get(i)) {
        assertThat(each.exit(Duration.ofSeconds(40))).isEqualTo(1);
        assertThat(each.output().lines().toList())
            .as(each.output())
            .hasSizeLessThan(5)
            .last()
            .asString()
            .matches(
                "streamgrad %s: Kafka at 127\\.0\\.0\\.1:1 \\(.*bootstrap.server.*\\): no broker answers"
                    .formatted(commands.get(i).get(0)));
      }
    }
  }

  @Test
  void logsAreLinesOfJsonOnRequest() throws Exception {
    try (Running service =
        new Running(
            directory,
            List.of(),
            Map.of("STREAMGRAD_LOG_FORMAT", "json"),
            List.of(
                "serve",
                "-c",
                "kafka.bootstrap.servers=127.0.0.1:1",
                "-c",
                "http.port=0",
                "-c",
                "http.health-port=0"))) {
      service.awaitOutput("(not ready: waiting for Kafka)");
      service.terminate();
      assertThat(service.output().lines())
          .allSatisfy(
              line -> {
                JsonNode event = new ObjectMapper().readTree(line);
                assertThat(event.get("@timestamp").asText()).isNotEmpty();
                assertThat(event.get("log.level").asText()).isNotEmpty();
                assertThat(event.get("message").asText()).isNotEmpty();
              });
    }
    try (Running failing =
        new Running(
            directory,
            List.of(),
            Map.of("STREAMGRAD_LOG_FORMAT", "json"),
            List.of("serve", "--config", "none.yaml"))) {
      assertThat(failing.exit(Duration.ofSeconds(60))).isEqualTo(1);
      JsonNode event = new ObjectMapper().readTree(failing.output());
      assertThat(event.get("message").asText()).contains("none.yaml: can't be read");
    }
    try (Running wrong =
        new Running(
            directory, List.of(), Map.of("STREAMGRAD_LOG_FORMAT", "xml"), List.of("topology"))) {
      assertThat(wrong.exit(Duration.ofSeconds(60))).isEqualTo(2);
      assertThat(wrong.output())
          .contains("streamgrad: STREAMGRAD_LOG_FORMAT xml: must be text or json");
    }
  }

  private JsonNode demo() throws IOException, InterruptedException {
    Path summary = directory.resolve("summary.json");
    Running.Ended run =
        run(
            "demo",
            "--data-dir",
            directory.resolve("data").toString(),
            "--port",
            "0",
            "--metrics-port",
            "0",
            "--exit",
            "--summary",
            summary.toString());
    assertThat(run.exit()).as(run.output()).isZero();
    return new ObjectMapper().readTree(summary.toFile());
  }

  private Running.Ended run(String... arguments) throws IOException, InterruptedException {
    return Running.run(directory, arguments);
  }

  private Running start(String... arguments) throws IOException {
    return new Running(directory, List.of(), Map.of(), List.of(arguments));
  }
}
