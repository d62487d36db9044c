package io.streamgrad.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.streamgrad.Documents;
import io.streamgrad.Programs;
import io.streamgrad.config.ServiceConfig;
import io.streamgrad.inference.Client;
import io.streamgrad.streams.TestBatches;
import io.streamgrad.v1.ImageBatch;
import io.streamgrad.v1.PredictionBatch;
import io.streamgrad.verify.OracleBroker;
import io.streamgrad.verify.OracleTests;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A service's models, asked over HTTP, beside what it publishes. */
class InferenceIT extends OracleTests {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int LEARNED = 90;
  private static final Map<String, String> HTTP =
      Map.of("http.host", "127.0.0.1", "http.port", "0", "http.health-port", "0");

  /** Of each kind of input scaling, and with and without averages. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "averaging: 0.99, input-scaling: unit",
        "averaging: 0, input-scaling: unit",
        "averaging: 0.99, input-scaling: standardize",
        "averaging: 0.99, input-scaling: center"
      })
  void anAnswerHasTheBitsThatTheServicePublishesForTheSameImages(String model) throws Exception {
    ServiceConfig config = config("bits-" + Integer.toHexString(model.hashCode()), model);
    byte[] pixels = new byte[4 * 20];
    new Random(5).nextBytes(pixels);
    try (Service service = started(config)) {
      List<byte[]> batches =
          new ArrayList<>(
              TestBatches.labeled(LEARNED, 3).stream().map(ImageBatch::toByteArray).toList());
      batches.add(
          ImageBatch.newBuilder()
              .setHeight(2)
              .setWidth(2)
              .setPixels(ByteString.copyFrom(pixels))
              .build()
              .toByteArray());
      broker.send(config.topics().images(), batches);
      PredictionBatch published = lastPrediction(config, LEARNED + 1);
      Client client = new Client(service.uri());
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> asked(client, pixels).json().get("model_version").asLong() == LEARNED);

      Client.Reply asked = asked(client, pixels);

      assertThat(published.getModelVersion()).isEqualTo(LEARNED);
      assertThat(asked.floats("probabilities"))
          .hasSize(60)
          .containsExactly(floats(published.getProbabilitiesList()));
      assertThat(asked.json().at("/parameters/input_offset").asLong()).isEqualTo(LEARNED - 1);
      assertThat(asked.json().at("/parameters/input_topic").asText())
          .isEqualTo(config.topics().images());
      assertThat(client.get("/v2/models/nobody", "model").status()).isEqualTo(404);
      assertThat(client.get("/v2/health/ready", "health").status()).isEqualTo(200);
    }
    assertThat(OracleBroker.verify(config)).isEmpty();
  }

  @Test
  void whatCanNotBeAnsweredYetIsUnavailable() throws Exception {
    ServiceConfig config = config("early", "averaging: 0.99");
    try (Service service = Service.open(config)) { // which has not begun
      Client client = new Client(service.uri());

      assertThat(client.get("/v2/models/a", "model").status()).isEqualTo(503);
      assertThat(client.get("/v2/health/ready", "health").status()).isEqualTo(503);
      assertThat(client.get("/v2/health/live", "health").status()).isEqualTo(200);
    }
  }

  /** Each is asked for every model, of which each has some; then one of them is alone. */
  @Test
  void aModelOfAnotherInstanceIsFoundByARedirect() throws Exception {
    List<String> names = List.of("a", "b", "c", "d", "e", "f", "g", "h");
    Map<String, String> settings = new HashMap<>(HTTP);
    settings.put("topics.partitions", "4");
    List<Service> services = new ArrayList<>();
    try {
      for (int port : freePorts()) {
        settings.put("http.port", Integer.toString(port));
        settings.put("http.advertised-address", "127.0.0.1:" + port);
        settings.put("state-dir", directory.resolve("two-" + port).toString());
        services.add(started(broker.config("two", settings)));
      }
      String images = broker.config("two", settings).topics().images();
      byte[] batch = TestBatches.labeled(1, 3).get(0).toByteArray();
      for (String name : names) {
        broker.put(images, name.getBytes(UTF_8), batch);
      }
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                for (Service service : services) {
                  assertThat(statuses(service, names)).containsOnlyKeys(200, 307);
                }
              });
      services.get(0).stop();
      services.get(0).close();
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(statuses(services.get(1), names)).containsOnlyKeys(200));
    } finally {
      services.forEach(Service::close);
    }
  }

  /** How often models were answered here, after a redirect, and not at all, by status. */
  private static Map<Integer, Integer> statuses(Service service, List<String> names)
      throws Exception {
    Client client = new Client(service.uri());
    Map<Integer, Integer> statuses = new TreeMap<>();
    for (String name : names) {
      Client.Reply reply = client.get("/v2/models/" + name + "/ready", "ready");
      boolean redirected = reply.response().previousResponse().isPresent();
      statuses.merge(redirected && reply.status() == 200 ? 307 : reply.status(), 1, Integer::sum);
    }
    return statuses;
  }

  private static List<Integer> freePorts() throws IOException {
    try (ServerSocket one = new ServerSocket(0);
        ServerSocket other = new ServerSocket(0)) {
      return List.of(one.getLocalPort(), other.getLocalPort());
    }
  }

  /** With the demo's port and model, of a service that has learned two images. */
  @Test
  void theExampleOfReadmeIsAnswered() throws Exception {
    Programs programs = new Programs(directory, Map.of());
    assumeTrue(programs.works("curl", "--version"), "needs curl");
    String command =
        Documents.blocks("bash").stream()
            .filter(block -> block.contains("curl"))
            .findFirst()
            .orElseThrow();
    Map<String, String> settings = new HashMap<>(HTTP);
    settings.put("model.layers", "[784, 10, 10]");
    ServiceConfig config = broker.config("readme", settings);
    byte[] pixels = new byte[784];
    new Random(1).nextBytes(pixels);
    Files.write(directory.resolve("image.gray"), pixels);
    try (Service service = started(config)) {
      ImageBatch batch =
          ImageBatch.newBuilder()
              .setHeight(28)
              .setWidth(28)
              .setPixels(ByteString.copyFrom(pixels))
              .setLabels(ByteString.copyFrom(new byte[] {7}))
              .build();
      broker.put(config.topics().images(), "mnist".getBytes(UTF_8), batch.toByteArray());
      Client client = new Client(service.uri());
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> client.get("/v2/models/mnist/ready", "ready").status() == 200);

      String answer =
          programs.run(
              "bash", "-c", command.replace("http://localhost:8080/", service.uri().toString()));

      assertThat(answer)
          .startsWith("{\"model_name\":\"mnist\",\"model_version\":\"1\",")
          .contains("\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[1,10],\"data\":[");
    }
  }

  private static Client.Reply asked(Client client, byte[] pixels) throws Exception {
    Client.Reply reply =
        client.infer(
            "/v2/models/a/infer",
            "{\"inputs\":[{\"name\":\"pixels\",\"shape\":[%d,2,2],\"datatype\":\"UINT8\",\"parameters\":{\"binary_data_size\":%d}}]}"
                .formatted(pixels.length / 4, pixels.length),
            pixels);
    assertThat(reply.status()).as("%s", reply.json()).isEqualTo(200);
    return reply;
  }

  private static Service started(ServiceConfig config) {
    Service service = Service.open(config);
    service.begin();
    return service;
  }

  private ServiceConfig config(String name, String model) {
    Map<String, String> settings = new HashMap<>(HTTP);
    settings.put("models.a", "{" + model + "}");
    settings.put("outputs.probabilities", "true");
    return broker.config(name, settings);
  }

  private PredictionBatch lastPrediction(ServiceConfig config, int count) throws Exception {
    List<ConsumerRecord<byte[], byte[]>> all =
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> broker.read(config.topics().predictions()), read -> read.size() == count);
    return PredictionBatch.parseFrom(Objects.requireNonNull(all.get(count - 1).value()));
  }

  private static float[] floats(List<Float> numbers) {
    float[] floats = new float[numbers.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = numbers.get(i);
    }
    return floats;
  }
}
