package io.streamgrad.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.streamgrad.committed.CommittedModels;
import io.streamgrad.committed.CommittedPartition;
import io.streamgrad.committed.LiveModel;
import io.streamgrad.committed.Reading;
import io.streamgrad.config.load.ConfigLoader;
import io.streamgrad.http.HttpPort;
import io.streamgrad.http.HttpSecurity;
import io.streamgrad.http.Route;
import io.streamgrad.inference.Client.Reply;
import io.streamgrad.learner.Learner;
import io.streamgrad.learner.Steps;
import io.streamgrad.model.Lineage;
import io.streamgrad.model.MiniBatch;
import io.streamgrad.model.ModelEntry;
import io.streamgrad.model.ModelSpec;
import io.streamgrad.model.ModelState;
import io.streamgrad.model.Prediction;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The protocol, as a client that is strict about it sees it. */
class InferenceHandlerTest {
  private static final ModelSpec SPEC = spec(6);
  private static final String A = "/v2/models/a/infer";
  private static final byte[] TWO = {0, 1, 2, 3, (byte) 252, (byte) 253, (byte) 254, (byte) 255};

  private static ModelSpec spec(int maxBatchSize) {
    return ConfigLoader.load(
            null,
            Map.of(),
            Map.of("model.layers", "[4, 5, 3]", "model.max-batch-size", "" + maxBatchSize))
        .model("any");
  }

  private final Service service = new Service();
  private HttpPort port;
  private Client client;

  @SuppressWarnings("NullAway.Init") // before each test
  InferenceHandlerTest() {}

  @BeforeEach
  void start() throws IOException {
    port = HttpPort.start("127.0.0.1", 0, HttpSecurity.NONE, InferenceHandler.routes(service));
    client = new Client(port.uri());
  }

  @AfterEach
  void stop() {
    port.close();
  }

  @Test
  void theServerSaysWhatItIs() throws Exception {
    for (String path : List.of("/v2", "/v2/")) {
      Reply server = client.get(path, "server");
      assertThat(server.status()).isEqualTo(200);
      assertThat(server.json().toString())
          .isEqualTo(
              "{\"name\":\"streamgrad\",\"version\":\"1.2\",\"extensions\":[\"binary_tensor_data\"]}");
    }
  }

  @Test
  void aModelSaysWhatItTakesAndGives() throws Exception {
    Reply model = client.get("/v2/models/a", "model");

    assertThat(model.status()).isEqualTo(200);
    assertThat(model.json().at("/inputs/0").toString())
        .isEqualTo("{\"name\":\"pixels\",\"datatype\":\"UINT8\",\"shape\":[-1,4]}");
    assertThat(model.json().get("outputs").toString())
        .isEqualTo(
            "[{\"name\":\"classes\",\"datatype\":\"INT64\",\"shape\":[-1]},"
                + "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[-1,3]}]");
    assertThat(model.json().get("versions").toString()).isEqualTo("[\"20\"]");
    assertThat(model.json().get("parameters").toString())
        .isEqualTo(
            "{\"incarnation\":0,\"version\":20,\"input_topic\":\"images\",\"input_partition\":0,"
                + "\"input_offset\":19,\"stale_ms\":0}");
    assertThat(client.get("/v2/models/a/versions/20", "model").status()).isEqualTo(200);
    assertThat(client.get("/v2/models/a/ready", "ready").status()).isEqualTo(200);
    assertThat(client.get("/v2/models/a/versions/20/ready", "ready").status()).isEqualTo(200);
  }

  @Test
  void theSameImagesGetTheBitsThatTheLearnerPredictsHoweverTheyAreSent() throws Exception {
    Prediction expected = service.predict(TWO);
    String flat = "[0,1,2,3,252,253,254,255]";
    String[] bodies = {
      request("UINT8", "[2,4]", flat),
      request("UINT8", "[2,4]", "[[0,1,2,3],[252,253,254,255]]"),
      request("UINT8", "[2,2,2]", "[[[0,1],[2,3]],[[252,253],[254,255]]]"),
      request("UINT8", "[2,1,2,2]", flat),
      request("FP32", "[2,4]", flat),
      request("FP32", "[2,4]", "[0.0,1.0,2,3e0,252.0,2.53E2,254,255.0]"),
      "{\"inputs\":[{\"data\":[[0,1,2,3],[252,253,254,255]],\"shape\":[2,4],\"more\":{\"x\":[1]},"
          + "\"datatype\":\"UINT8\",\"name\":\"pixels\"}],\"unknown\":[{}]}"
    };
    for (String body : bodies) {
      assertPredicted(client.infer(A, body), expected);
    }
    assertPredicted(client.infer(A, binary("UINT8", 8, ""), TWO), expected);
    ByteBuffer floats = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    for (byte pixel : TWO) {
      floats.putFloat(pixel & 0xff);
    }
    assertPredicted(client.infer(A, binary("FP32", 32, ""), floats.array()), expected);
  }

  /** Or slow clients would hold copies of models of which the service has newer ones. */
  @Test
  void theModelIsTheNewestOfWhenTheBodyIsThere() throws Exception {
    byte[] body = request("UINT8", "[1,4]", "[1,2,3,4]").getBytes(UTF_8);
    String head =
        "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            .formatted(A, body.length);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port.port())) {
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(UTF_8));
      out.write(body, 0, 10);
      out.flush();
      Awaitility.await().until(() -> service.asked.get() > 0);
      service.learn("a", 33);
      service.commit();
      out.write(body, 10, body.length - 10);
      out.flush();

      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
          .startsWith("HTTP/1.1 200")
          .contains("\"version\":33,");
    }
  }

  @Test
  void answersTakeOfTheSameRoomAsRequestsUntilTheyAreSent() throws Exception {
    service.specification = spec(60_000);
    List<Route> routes = InferenceHandler.routes(service, new Bodies(200_000));
    try (HttpPort small = HttpPort.start("127.0.0.1", 0, HttpSecurity.NONE, routes)) {
      Client its = new Client(small.uri());

      Reply tooLong = its.infer(A, binary("UINT8", "[4000,4]", 16_000, ""), new byte[16_000]);
      assertThat(tooLong.status()).isEqualTo(413);
      assertThat(tooLong.json().get("error").asText())
          .isEqualTo("256000 bytes of request or answer; there is room for 200000");
      for (int time = 0; time < 3; time++) {
        Reply answer = its.infer(A, binary("UINT8", "[3000,4]", 12_000, ""), new byte[12_000]);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.response().body().length).isLessThan(192_000);
      }
    }
  }

  @Test
  void whatComesWhileThereIsNoRoomIsToComeLater() throws Exception {
    Bodies bodies = new Bodies(200_000);
    long taken = bodies.take(150_000);
    assertThatThrownBy(() -> bodies.take(100_000))
        .isInstanceOfSatisfying(ProtocolException.class, e -> assertThat(e.status()).isEqualTo(503))
        .hasMessageContaining("150000 bytes of requests and answers are under way");
    bodies.giveBack(taken);
    assertThat(bodies.take(100_000)).isEqualTo(100_000);
  }

  @Test
  void batchesOfEverySizeUpToTheLimitArePredicted() throws Exception {
    for (int images = 1; images <= SPEC.maxBatchSize(); images++) {
      byte[] pixels = new byte[4 * images];
      new Random(images).nextBytes(pixels);
      List<Integer> numbers = new ArrayList<>();
      for (byte pixel : pixels) {
        numbers.add(pixel & 0xff);
      }
      assertPredicted(
          client.infer(A, request("UINT8", "[%d,4]".formatted(images), numbers.toString())),
          service.predict(pixels));
    }
    assertRefused(request("UINT8", "[7,4]", Collections.nCopies(28, 1).toString()), "more than 24");
    assertRefused(request("UINT8", "[7,4]", "[]"), "the model takes 1 to 6 images");
  }

  @Test
  void outputsComeAsTheyAreWanted() throws Exception {
    Prediction expected = service.predict(TWO);
    String data =
        "\"inputs\":[{\"name\":\"pixels\",\"datatype\":\"UINT8\",\"shape\":[2,4],\"data\":[0,1,2,3,252,253,254,255]}]";

    Reply classes = client.infer(A, "{" + data + ",\"outputs\":[{\"name\":\"classes\"}]}");
    assertThat(classes.json().get("outputs")).hasSize(1);
    assertThat(classes.floats("classes")).containsExactly(floats(expected.classes()));

    Reply mixed =
        client.infer(
            A,
            "{"
                + data
                + ",\"outputs\":[{\"name\":\"probabilities\",\"parameters\":{\"binary_data\":true}},"
                + "{\"name\":\"classes\"}]}");
    assertThat(mixed.binary()).hasSize(24);
    assertPredicted(mixed, expected);

    Reply binary =
        client.infer(
            A, "{" + data + ",\"parameters\":{\"binary_data_output\":true},\"outputs\":[]}");
    assertThat(binary.binary()).hasSize(24 + 16);
    assertPredicted(binary, expected);

    assertRefused(
        "{" + data + ",\"outputs\":[{\"name\":\"logits\"}]}", "output logits is not one of");
    assertRefused(
        "{" + data + ",\"outputs\":[{\"name\":\"classes\"},{\"name\":\"classes\"}]}",
        "wanted twice");
  }

  @Test
  void theIdComesBackAndTheAnswerNamesItsModel() throws Exception {
    Reply reply =
        client.infer(
            A,
            request("UINT8", "[1,4]", "[1,2,3,4]")
                .replaceFirst("\\{", "{\"id\":\"4\u00fc\\\\n2\","));

    assertThat(reply.json().get("id").asText()).isEqualTo("4\u00fc\n2");
    assertThat(reply.json().get("model_name").asText()).isEqualTo("a");
    assertThat(reply.json().get("model_version").asText()).isEqualTo("20");
    assertThat(reply.json().at("/parameters/input_offset").asLong()).isEqualTo(19);
    assertThat(client.infer(A, request("UINT8", "[1,4]", "[1,2,3,4]")).json().has("id")).isFalse();
    assertThat(service.answered).containsExactly(200, 200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[2,4] | [0,1,2] | has 8 elements, and data has 3",
        "[1,4] | [0,1,2,256] | pixel 3 is 256; pixels are 0 to 255",
        "[1,4] | [0,1,2,-1] | pixel 3 is -1; pixels are 0 to 255",
        "[1,4] | [0,1,2,99999999999999999999] | pixel 3 is 99999999999999999999",
        "[1,4] | [0,1,2,3.5] | pixels are whole numbers from 0 to 255 in FP32 as well, and not"
            + " scaled",
        "[1,4] | [0,1,2,3.0] | of type UINT8 are written without a fraction",
        "[1,4] | [0,1,2,true] | data: true is no number",
        "[1,4] | [0,1,2,\"3\"] | data: 3 is no number",
        "[1,4] | [0,1,2,null] | data: null is no number",
        "[1,4] | [[0,1],[2,3]] | data is nested as [2, 2], and shape is [1, 4]",
        "[2,2,2] | [[[0,1],[2,3]],[[4,5],[6]]] | nested arrays of one level have",
        "[1,4] | [[0,1,2],3] | numbers and arrays are mixed",
        "[1,4] | [0,[1,2,3]] | numbers and arrays are mixed",
        "[1,4] | [0,1,2,3,[]] | numbers and arrays are mixed",
        "[1,4] | [[[[[[[[[1]]]]]]]]] | nested in more than 8 levels",
        "[4] | [0,1,2,3] | must be [N, 4]",
        "[1,5] | [0,1,2,3,4] | must be [N, 4]",
        "[0,4] | [] | the model takes 1 to 6 images",
        "[-1,4] | [] | must be a whole number",
        "[1,4.0] | [0,1,2,3] | must be a whole number",
        "[1,4294967297] | [0,1,2,3] | must be a whole number",
        "[2147483647,2147483647,2147483647] | [1] | must be [N, 4]",
        "[1,2147483647,2147483647,2147483647] | [1] | must be [N, 4]",
        "[] | [1] | must be [N, 4]",
        "{} | [0,1,2,3] | shape is {; must be an array",
        "[1,4] | {} | data is {; must be an array",
        "[1,4] | [0,1,2,3 | not JSON as it should be",
      })
  void pixelsThatCanNotBeUsedAreRefusedWithTheReason(String shape, String data, String reason)
      throws Exception {
    assertRefused(request("UINT8", shape, data), reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{} {}",
        "\"text\"",
        "{\"inputs\":{}}",
        "{\"inputs\":[]}",
        "{\"inputs\":[1]}",
        "{\"inputs\":[{}]}",
        "{\"id\":7,\"inputs\":[]}",
        "{\"id\":\"a\",\"id\":\"b\"}",
        "{\"inputs\":[{\"name\":\"other\",\"shape\":[1,4],\"datatype\":\"UINT8\",\"data\":[1,2,3,4]}]}",
        "{\"inputs\":[{\"name\":\"pixels\",\"shape\":[1,4],\"datatype\":\"FP64\",\"data\":[1,2,3,4]}]}",
        "{\"inputs\":[{\"name\":\"pixels\",\"shape\":[1,4],\"data\":[1,2,3,4]}]}",
        "{\"inputs\":[{\"name\":\"pixels\",\"shape\":[1,4],\"datatype\":\"UINT8\"}]}",
        "{\"parameters\":[],\"inputs\":[]}",
        "{\"outputs\":[7]}",
        "{\"unknown\":[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]}",
        "{\"number\":0000000001}",
        "{\"number\":123456789012345678901234567890123456789012345678901234567890}",
      })
  void whatIsNoRequestIsRefused(String body) throws Exception {
    assertThat(client.infer(A, body).status()).isEqualTo(400);
  }

  @Test
  void binaryTensorsThatDoNotFitAreRefused() throws Exception {
    assertRefused(client.infer(A, binary("UINT8", 9, ""), TWO), "and 8 bytes follow the JSON");
    assertRefused(
        client.infer(A, binary("UINT8", 7, ""), TWO),
        "shape [2, 4] has 8 elements, and data has 7");
    assertRefused(
        client.infer(A, binary("FP32", 4, ""), new byte[4]), "shape [2, 4] has 8 elements");
    assertRefused(client.infer(A, binary("FP32", 7, ""), Arrays.copyOf(TWO, 7)), "no whole number");
    assertRefused(
        client.infer(A, binary("UINT8", 8, ",\"data\":[1]"), TWO), "and binary_data_size too");
    ByteBuffer scaled = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    scaled.putFloat(0.5f);
    assertRefused(client.infer(A, binary("FP32", 32, ""), scaled.array()), "and not scaled");
    scaled.putFloat(0, Float.NaN);
    assertRefused(client.infer(A, binary("FP32", 32, ""), scaled.array()), "pixel 0 is NaN");
    for (String length : List.of("-1", "1x", "99999", "999999999999")) {
      assertRefused(
          client.send(
              HttpRequest.newBuilder(port.uri().resolve(A))
                  .header("Inference-Header-Content-Length", length)
                  .POST(BodyPublishers.ofString("{}")),
              "prediction"),
          "Inference-Header-Content-Length is " + length);
    }
  }

  @Test
  void aRequestThatIsTooLongIsRefusedHoweverItIsSent() throws Exception {
    byte[] large = new byte[200_000];
    Arrays.fill(large, (byte) ' ');
    assertThat(post(BodyPublishers.ofByteArray(large)).status()).isEqualTo(413);
    Reply unknown =
        post(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large))); // of any length
    assertThat(unknown.status()).isEqualTo(411);
    assertThat(unknown.json().get("error").asText()).contains("send it with one");
    byte[] small = request("UINT8", "[1,4]", "[1,2,3,4]").getBytes(UTF_8);
    assertPredicted(
        post(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(small))),
        service.predict(new byte[] {1, 2, 3, 4}));
    assertPredicted(
        client.infer(A, request("UINT8", "[1,4]", "[1,2,3,4]")),
        service.predict(new byte[] {1, 2, 3, 4}));
  }

  @Test
  void bodiesThatAreEncodedAreRefusedAndNotDecoded() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(request("UINT8", "[1,4]", "[1,2,3,4]").getBytes(UTF_8));
    }
    Reply reply =
        client.send(
            HttpRequest.newBuilder(port.uri().resolve(A))
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofByteArray(bytes.toByteArray())),
            "prediction");

    assertThat(reply.status()).isEqualTo(415);
    assertThat(reply.json().get("error").asText()).contains("Content-Encoding is gzip");
  }

  @Test
  void aRequestHasABoundedNumberOfNames() throws Exception {
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < 257; i++) {
      names.append(",\"n").append(i).append("\":0");
    }
    String object = "{" + names.substring(1) + "}";

    assertRefused(object, "more than 256 names");
    assertRefused("{\"unknown\":[" + object + "]}", "more than 256 names");
  }

  @Test
  void whatThereIsNotIsNotFound() throws Exception {
    for (String path :
        List.of(
            "/v2/models/nobody",
            "/v2/models/nobody/ready",
            "/v2/models/a/versions/19",
            "/v2/models/a/versions/21/ready",
            "/v2/models/a/versions/020",
            "/v2/models/a/versions",
            "/v2/models/a/other",
            "/v2/models",
            "/v2/models/",
            "/v2/health",
            "/v2/health/other",
            "/v2/other")) {
      assertThat(client.get(path, "model").status()).as(path).isEqualTo(404);
    }
    assertThat(client.infer("/v2/models/nobody/infer", "{}").status()).isEqualTo(404);
    assertThat(client.infer("/v2/models/a/versions/7/infer", "{}").status()).isEqualTo(404);
  }

  @Test
  void namesOfAnyCharactersAreFoundWhereTheyAreEncoded() throws Exception {
    for (String name :
        List.of("with space", "a/b", "gr\u00f6\u00dfe", "50%", "a+b", "...", "a?b#c")) {
      String encoded = URLEncoder.encode(name, UTF_8).replace("+", "%20");
      service.learn(name, 3);
      Reply reply =
          client.infer("/v2/models/" + encoded + "/infer", request("UINT8", "[1,4]", "[1,2,3,4]"));
      assertThat(reply.status()).as(name).isEqualTo(200);
    }
  }

  @Test
  void otherMethodsAreRefused() throws Exception {
    Reply get = client.get(A, "prediction");
    assertThat(get.status()).isEqualTo(405);
    assertThat(get.response().headers().firstValue("Allow")).contains("POST");
    Reply post =
        client.send(
            HttpRequest.newBuilder(port.uri().resolve("/v2/models/a"))
                .POST(BodyPublishers.noBody()),
            "model");
    assertThat(post.status()).isEqualTo(405);
    assertThat(post.response().headers().firstValue("Allow")).contains("GET, HEAD");
  }

  @Test
  void whatCanNotBeSaidNowIsUnavailableWithTheReason() throws Exception {
    service.reading = new Reading.Unavailable("restoring weights");
    service.notReady = "restoring weights";

    Reply infer = client.infer(A, request("UINT8", "[1,4]", "[1,2,3,4]"));
    assertThat(infer.status()).isEqualTo(503);
    assertThat(infer.json().get("error").asText()).isEqualTo("restoring weights");
    assertThat(infer.response().headers().firstValue("Retry-After")).contains("1");
    assertThat(client.get("/v2/models/a/ready", "ready").status()).isEqualTo(503);
    assertThat(service.answered).containsExactly(503);
  }

  @Test
  void aModelOfAnotherInstanceIsRedirectedToOnce() throws Exception {
    service.reading = new Reading.Elsewhere("127.0.0.1:" + port.port()); // and so to itself

    Reply infer = client.infer(A, request("UINT8", "[1,4]", "[1,2,3,4]"));

    assertThat(infer.status()).isEqualTo(503);
    assertThat(infer.json().get("error").asText()).contains("partition moves");
    assertThat(infer.response().previousResponse().orElseThrow().headers().firstValue("Location"))
        .contains("http://127.0.0.1:" + port.port() + A + "?redirected");
    assertThat(service.answered).containsExactly(307, 503);
  }

  @Test
  void aFailureTellsItsClientNothing() throws Exception {
    service.reading = null;

    Reply infer = client.infer(A, request("UINT8", "[1,4]", "[1,2,3,4]"));

    assertThat(infer.status()).isEqualTo(500);
    assertThat(infer.json().get("error").asText()).isEqualTo("internal error");
  }

  private Reply post(HttpRequest.BodyPublisher body) throws Exception {
    return client.send(HttpRequest.newBuilder(port.uri().resolve(A)).POST(body), "prediction");
  }

  private void assertRefused(String body, String reason) throws Exception {
    assertRefused(client.infer(A, body), reason);
  }

  private static void assertRefused(Reply reply, String reason) {
    assertThat(reply.status()).as("%s", reply.json()).isEqualTo(400);
    assertThat(reply.json().get("error").asText()).contains(reason);
  }

  private static void assertPredicted(Reply reply, Prediction expected) {
    assertThat(reply.status()).as("%s", reply.json()).isEqualTo(200);
    assertThat(reply.floats("probabilities")).containsExactly(expected.probabilities());
    assertThat(reply.floats("classes")).containsExactly(floats(expected.classes()));
  }

  private static float[] floats(int[] numbers) {
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = numbers[i];
    }
    return floats;
  }

  private static String request(String type, String shape, String data) {
    return "{\"inputs\":[{\"name\":\"pixels\",\"shape\":%s,\"datatype\":\"%s\",\"data\":%s}]}"
        .formatted(shape, type, data);
  }

  private static String binary(String type, int size, String more) {
    return binary(type, "[2,4]", size, more);
  }

  private static String binary(String type, String shape, int size, String more) {
    return "{\"inputs\":[{\"name\":\"pixels\",\"shape\":%s,\"datatype\":\"%s\",\"parameters\":{\"binary_data_size\":%d}%s}]}"
        .formatted(shape, type, size, more);
  }

  /** With a model that has learned twenty batches. */
  private static final class Service implements Inference {
    private final Learner learner = new Learner(SPEC);
    private final CommittedPartition partition;
    private final CommittedModels models = new CommittedModels();
    private final Map<String, ModelEntry> live = new ConcurrentHashMap<>();
    final List<Integer> answered = Collections.synchronizedList(new ArrayList<>());
    @Nullable Reading reading = new Reading.Missing(); // for what none has learned
    final AtomicInteger asked = new AtomicInteger();
    String notReady = "";
    ModelSpec specification = SPEC;

    Service() {
      partition = models.partition(0);
      partition.begin();
      learn("a", 20);
    }

    void learn(String name, int batches) {
      ModelState state = ModelState.initial(SPEC);
      for (int i = 0; i < batches; i++) {
        byte[] pixels = new byte[8];
        new Random(i).nextBytes(pixels);
        Steps.take(learner, state, MiniBatch.of(4, pixels, new byte[] {(byte) (i % 3), 1}));
      }
      live.put(name, new ModelEntry(state, new Lineage(0, batches - 1, -1)));
    }

    void commit() {
      partition.recordCame();
      partition.beforeCommit(this::live);
      partition.committed();
    }

    private @Nullable LiveModel live(String name) {
      ModelEntry entry = live.get(name);
      return entry == null ? null : new LiveModel(entry, true);
    }

    Prediction predict(byte[] pixels) {
      return new Learner(SPEC)
          .predict(Objects.requireNonNull(live.get("a")).state(), MiniBatch.of(4, pixels, null));
    }

    @Override
    public CompletableFuture<Reading> model(String name) {
      if (!(reading instanceof Reading.Missing)) {
        return reading == null
            ? CompletableFuture.failedFuture(new IllegalStateException("secret"))
            : CompletableFuture.completedFuture(reading);
      }
      CompletableFuture<Reading> found = models.ask(name, 0);
      do {
        partition.idle(this::live); // as the stream thread does again and again
      } while (!found.isDone());
      asked.incrementAndGet();
      return found;
    }

    @Override
    public ModelSpec specification(String name) {
      return specification;
    }

    @Override
    public String topic() {
      return "images";
    }

    @Override
    public String version() {
      return "1.2";
    }

    @Override
    public String notLive() {
      return "";
    }

    @Override
    public String notReady() {
      return notReady;
    }

    @Override
    public void answered(int status, long nanos) {
      answered.add(status);
    }
  }
}
