package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.streamgrad.Running;
import io.streamgrad.v1.MetricsReport;
import io.streamgrad.wire.MessageReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Dashboards and rules in a real Prometheus that scrapes a service while it learns. */
class PrometheusIT {
  // The service looks for new meters of Kafka's every ten seconds, and rates are over a minute.
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path directory;

  @Test
  void everyPanelAndRuleHasDataAndTheAccuracyIsTheMetricsTopics() throws Exception {
    assumeTrue(works("prometheus"), "prometheus is not installed");
    try (Running broker =
        start("broker", "--data-dir", directory.resolve("kafka").toString(), "--port", "0")) {
      String server = broker.awaitOutput("Kafka at (\\S+),");
      try (Running service = serve(server);
          Prometheus prometheus =
              new Prometheus(
                  directory, service.awaitOutput("serving streamgrad at http://([^/\\s]+)"));
          Running producer = produce(server, "--rate", "400", "--repeat", "1000")) {
        produce(server, "--unlabeled", "--limit", "64").exit(Duration.ofMinutes(1));

        everyExpressionHasData(prometheus);
        everyRuleIsHealthyAndItsMetricsExist(prometheus);

        producer.terminate();
        Awaitility.await()
            .atMost(Duration.ofMinutes(1))
            .untilAsserted(
                () ->
                    assertThat(prometheus.value("model:streamgrad_accuracy_ratio:max"))
                        .isEqualTo(lastReportedAccuracy(server)));
      }
    }
  }

  @Test
  void configurationAndRulesAreRightAndEachAlertFiresWhenItShould() throws Exception {
    assumeTrue(works("promtool"), "promtool is not installed");

    run("promtool", "check", "config", "grafana/prometheus/prometheus.yml");
    run("promtool", "test", "rules", "grafana/prometheus/rules-test.yml");
    String tests = Files.readString(Path.of("grafana", "prometheus", "rules-test.yml"));
    assertThat(Dashboards.alerts())
        .allSatisfy(
            alert ->
                assertThat(tests)
                    .contains("        alertname: " + alert.get("alert").asText() + "\n"));
  }

  private static void everyExpressionHasData(Prometheus prometheus) throws IOException {
    for (Dashboards.Expression expression : Dashboards.ofPanels()) {
      Awaitility.await(expression.place() + ": " + expression.text())
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(250))
          .until(() -> !prometheus.query(expression.resolved()).isEmpty());
    }
  }

  private static void everyRuleIsHealthyAndItsMetricsExist(Prometheus prometheus)
      throws IOException {
    assertThat(prometheus.rules())
        .hasSameSizeAs(Dashboards.rules())
        .allSatisfy(rule -> assertThat(rule.get("health").asText()).isEqualTo("ok"));
    Set<String> unknown = new TreeSet<>();
    for (Dashboards.Expression rule : Dashboards.ofRules()) {
      for (String metric : rule.metrics().collect(Collectors.toSet())) {
        if (prometheus.query(metric).isEmpty()) {
          unknown.add(metric);
        }
      }
    }
    assertThat(unknown).isEmpty();
  }

  private static double lastReportedAccuracy(String server) {
    TopicPartition partition = new TopicPartition("streamgrad.metrics", 0);
    MessageReader<MetricsReport> reader = new MessageReader<>(MetricsReport.getDefaultInstance());
    MetricsReport last = MetricsReport.getDefaultInstance();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", server, "isolation.level", "read_committed"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(100))) {
          last = reader.deserialize(each.topic(), each.headers(), each.value());
        }
      }
    }
    return (double) last.getWindow().getCorrect() / last.getWindow().getImages();
  }

  private Running serve(String server) throws IOException {
    return start(
        "serve",
        "-c",
        "kafka.bootstrap.servers=" + server,
        "-c",
        "topics.create=true",
        "-c",
        "http.host=127.0.0.1",
        "-c",
        "http.port=0",
        "-c",
        "http.health-port=0",
        "-c",
        "state-dir=" + directory.resolve("streams"));
  }

  private Running produce(String server, String... options) throws IOException {
    return start(
        java.util.stream.Stream.concat(
                List.of("produce", "--bootstrap-server", server).stream(),
                List.of(options).stream())
            .toArray(String[]::new));
  }

  private Running start(String... arguments) throws IOException {
    return new Running(directory, List.of(), Map.of(), List.of(arguments));
  }

  private void run(String... command) throws Exception {
    Path output = directory.resolve("output.txt");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(output)).isZero();
  }

  private boolean works(String program) throws Exception {
    try {
      run(program, "--version");
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
