package io.streamgrad.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.streamgrad.Alone;
import io.streamgrad.Documents;
import io.streamgrad.Running;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** docker-compose.yml with two instances of the service; all of it but Grafana. */
@EnabledIf(
    value = "io.streamgrad.deploy.Compose#works",
    disabledReason = "no Docker engine answers, or compose is not installed")
@Alone
class ComposeIT {
  private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  @TempDir static Path directory;
  private static Compose compose;

  @BeforeAll
  static void startTwoInstancesAndAProducer() throws Exception {
    // Prometheus is this machine's, in the container that is described for it.
    compose =
        new Compose(
            directory,
            """
            services:
              streamgrad: {image: "%1$s"}
              producer: {image: "%1$s"}
              prometheus:
                image: eclipse-temurin:25-jre
                entrypoint: [%2$s, --config.file=/etc/prometheus/prometheus.yml,
                  --storage.tsdb.path=/prometheus]
                volumes: ["%2$s:%2$s:ro"]
            """
                .formatted(Docker.image(), PROMETHEUS));
    compose.run("up", "-d", "--no-build", "--scale", "streamgrad=2", "streamgrad", "producer");
  }

  @AfterAll
  static void stop() throws Exception {
    compose.close();
  }

  @Test
  void whatTheProducerSendsIsLearnedAndThisMachineCanRead() throws Exception {
    Running.Ended watch =
        Running.run(
            directory,
            "watch",
            "predictions",
            "--bootstrap-server",
            "localhost:" + compose.port("KAFKA_PORT"),
            "--from-beginning",
            "--limit",
            "100");

    assertThat(watch.output().lines()).last().asString().contains("v99");
  }

  @Test
  void everyInstanceIsReadyAtAPortOfItsOwn() throws Exception {
    for (int instance = 1; instance <= 2; instance++) {
      String address = compose.run("port", "--index=" + instance, "streamgrad", "8080").strip();
      assertThat(address).startsWith("127.0.0.1:");
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> assertThat(get("http://" + address + "/readyz")).isEqualTo("ok"));
    }
  }

  @Test
  void prometheusFindsEveryInstanceAndSeesTheAccuracy() throws Exception {
    assumeTrue(Files.exists(PROMETHEUS), PROMETHEUS + " is not installed");

    compose.run("up", "-d", "--no-build", "--no-recreate", "--no-deps", "prometheus");

    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              assertThat(value("sum(up{job=\"streamgrad\"})")).isEqualTo(2);
              assertThat(value("model:streamgrad_accuracy_ratio:max")).isGreaterThan(0.5);
            });
  }

  @Test
  void everyCommandOfTheRunbookWorksAsItStandsThere() throws Exception {
    Map<String, String> shows =
        Map.of("ps", "streamgrad", "logs", "Kafka Streams is RUNNING", "exec", "ok\n");
    List<String> commands =
        Documents.shell(Path.of("docs", "RUNBOOK.md")).stream()
            .filter(line -> line.startsWith("docker "))
            .toList();

    assertThat(commands).extracting(ComposeIT::verb).containsAll(shows.keySet());
    for (String command : commands) {
      Awaitility.await(command)
          .atMost(Duration.ofMinutes(1)) // while the second instance joins, the first is not ready
          .untilAsserted(
              () ->
                  assertThat(compose.runLine(command))
                      .contains(shows.getOrDefault(verb(command), "?")));
    }
  }

  /** What docker compose is told to do. */
  private static String verb(String command) {
    return command.split(" ", -1)[2];
  }

  private static double value(String expression) throws Exception {
    String query = URLEncoder.encode(expression, StandardCharsets.UTF_8);
    JsonNode answer =
        new ObjectMapper()
            .readTree(
                get(
                    "http://127.0.0.1:%s/api/v1/query?query=%s"
                        .formatted(compose.port("PROMETHEUS_PORT"), query)));
    return answer.at("/data/result/0/value/1").asDouble();
  }

  private static String get(String uri) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(10)).build();
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body().strip();
  }
}
