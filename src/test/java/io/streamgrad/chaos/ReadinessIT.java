package io.streamgrad.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.streamgrad.Alone;
import io.streamgrad.Running;
import io.streamgrad.streams.TestBatches;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a service says of itself while its Kafka is absent, comes, freezes, and is back. */
@Alone
class ReadinessIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration HALF_A_MINUTE = Duration.ofSeconds(30);

  private final HttpClient client = HttpClient.newHttpClient();
  @TempDir private Path directory;

  @Test
  void aServiceSaysWhatItWaitsForAndIsReadyExactlyWhileItsKafkaAnswers() throws Exception {
    int port = Ports.free();
    String server = "127.0.0.1:" + port;
    long start = System.nanoTime();
    try (Running service = serve(server)) {
      URI http = URI.create(service.awaitOutput("answering at (\\S+),"));
      URI health = URI.create(service.awaitOutput("health alone at (\\S+)"));
      String waiting = "waiting for Kafka at %s: no broker answers\n".formatted(server);
      awaitReady(health, 503, waiting);
      assertThat(get(http.resolve("readyz")).body()).isEqualTo(waiting);
      assertThat(get(health.resolve("livez")).statusCode()).isEqualTo(200);
      assertThat(get(http.resolve("metrics")).body()).contains("jvm_memory_used_bytes");
      service.awaitOutput("(not ready: waiting for Kafka at \\S+: no broker answers)");
      assertThat(service.output().lines().filter(line -> line.contains("NetworkClient")))
          .as("what only repeats that")
          .hasSizeLessThanOrEqualTo(2);

      try (Running broker = LearningStream.broker(directory, port)) {
        awaitReady(health, 200, "ok\n");
        long halfMinutes = Duration.ofNanos(System.nanoTime() - start).dividedBy(HALF_A_MINUTE);
        assertThat(occurrences("not ready: waiting for Kafka", service))
            .as("once, and again each half minute")
            .isBetween(1L, 1 + halfMinutes);
        service.awaitOutput("(Kafka at \\S+ answers)");
        assertThat(get(http.resolve("readyz")).statusCode()).isEqualTo(200);

        send(server, TestBatches.labeled(1, 1).get(0).toByteArray());
        awaitModel(http, body -> body.contains("\"stale_ms\":0}"));

        broker.signal("STOP");
        awaitReady(health, 503, "Kafka at %s has not answered for ".formatted(server));
        awaitModel(
            http, body -> body.matches(".*\"stale_ms\":[0-9]{4,}}.*")); // another may have it
        assertThat(get(health.resolve("livez")).statusCode()).isEqualTo(200);

        broker.signal("CONT");
        awaitReady(health, 200, "ok\n");
        assertThat(service.terminate()).isEqualTo(143);
      }
    }
    Reliability.row(
        Reliability.Table.KINDS,
        "no broker at the start, then one, frozen, and back",
        "-",
        1,
        "alive all the time, ready exactly while a broker answered");
  }

  private static long occurrences(String text, Running service) {
    return service.output().lines().filter(line -> line.contains(text)).count();
  }

  private void awaitReady(URI health, int status, String text) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              HttpResponse<String> answer = get(health.resolve("readyz"));
              assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
              assertThat(answer.body()).startsWith(text);
            });
  }

  private void awaitModel(URI http, Predicate<String> wanted) {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> get(http.resolve("v2/models/a")).body(), wanted);
  }

  private static void send(String server, byte[] value) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, server),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>("streamgrad.images", "a".getBytes(UTF_8), value)).get();
    }
  }

  private HttpResponse<String> get(URI uri) throws Exception {
    return client.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
        BodyHandlers.ofString());
  }

  private Running serve(String server) throws Exception {
    return new Running(
        directory,
        List.of("-Xmx512m"),
        Map.of(
            "STREAMGRAD_KAFKA_BOOTSTRAP_SERVERS", server,
            "STREAMGRAD_TOPICS_CREATE", "true",
            "STREAMGRAD_MODEL_LAYERS", "[4, 5, 3]",
            "STREAMGRAD_HTTP_HOST", "127.0.0.1",
            "STREAMGRAD_HTTP_PORT", "0",
            "STREAMGRAD_HTTP_HEALTH_PORT", "0",
            "STREAMGRAD_STATE_DIR", directory.resolve("state").toString()),
        List.of("serve"));
  }
}
