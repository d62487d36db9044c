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

  @Test
  void theConfusionMatrixOfAllModelsIsTheirSum() throws Exception {
    assumeTrue(works("promtool"), "promtool is not installed");
    String cell = "streamgrad_confusion_images{label=\"1\", predicted=\"7\", job=\"s\", ";

    evaluate(
        Dashboards.ofPanel("Confusion matrix"),
        Map.of(
            cell + "namespace=\"first\", instance=\"a\", model=\"m\"}", "3x5",
            // Its partition moves: two instances show the model.
            cell + "namespace=\"first\", instance=\"b\", model=\"m\"}", "3x5",
            cell + "namespace=\"first\", instance=\"a\", model=\"n\"}", "5x5",
            cell + "namespace=\"second\", instance=\"c\", model=\"m\"}", "2x5"),
        "{labels: '{label=\"1\", predicted=\"7\"}', value: 10}");
  }

  @Test
  void whatIsMissingIsShownThoughDiscoveryHasForgottenIt() throws Exception {
    assumeTrue(works("promtool"), "promtool is not installed");

    evaluate(
        Dashboards.ofPanel("Missing instances"),
        Map.of(
            "up{job=\"streamgrad\", namespace=\"first\", instance=\"a\"}", "1x1 stale",
            "up{job=\"streamgrad\", namespace=\"first\", instance=\"b\"}", "1x1 0x5",
            "up{job=\"streamgrad\", namespace=\"second\", instance=\"c\"}", "1x1 stale",
            "up{job=\"streamgrad\", namespace=\"third\", instance=\"d\"}", "1x5"),
        "{labels: '{job=\"streamgrad\", namespace=\"first\"}', value: 2}",
        "{labels: '{job=\"streamgrad\", namespace=\"second\"}', value: 1}",
        "{labels: '{job=\"streamgrad\", namespace=\"third\"}', value: 0}");
  }

  /** Has promtool compare what a panel shows of such series after four minutes. */
  private void evaluate(
      Dashboards.Expression expression, Map<String, String> series, String... samples)
      throws Exception {
    StringBuilder test = new StringBuilder();
    test.append("rule_files: [%s]\n".formatted(Dashboards.RULES.toAbsolutePath()));
    test.append("tests:\n  - interval: 1m\n    input_series:\n");
    series.forEach(
        (name, values) ->
            test.append("      - {series: '%s', values: '%s'}\n".formatted(name, values)));
    test.append("    promql_expr_test:\n");
    test.append("      - expr: '%s'\n".formatted(expression.resolved()));
    test.append("        eval_time: 4m\n        exp_samples:\n");
    List.of(samples).forEach(sample -> test.append("          - %s\n".formatted(sample)));

    run(
        "promtool",
        "test",
        "rules",
        Files.writeString(directory.resolve("panel-test.yml"), test).toString());
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
        "topics.labels=streamgrad.labels",
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
