package io.streamgrad.inference;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/**
 * A strict client of the protocol: holds every answer against the published OpenAPI description
 * (kserve/open-inference-protocol, commit d49cc23), and against a schema that allows no more than
 * the text of the specification does.
 */
public final class Client {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LENGTH = "Inference-Header-Content-Length";

  /** What the published description calls these answers; it has none for health. */
  private static final Map<String, String> PUBLISHED =
      Map.of(
          "server", "metadata_server_response",
          "model", "metadata_model_response",
          "prediction", "inference_response",
          "error", "metadata_model_error_response");

  private final HttpClient http =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
  private final URI server;
  private final JsonNode schemas;
  private final JsonNode published;

  /** Of the server at this address. */
  public Client(URI server) throws IOException {
    this.server = server;
    try (InputStream in =
        Client.class.getResourceAsStream("/open-inference-protocol.schema.json")) {
      schemas = JSON.readTree(in);
    }
    try (InputStream in = Client.class.getResourceAsStream("/kserve/open_inference_rest.yaml")) {
      published = new YAMLMapper().readTree(in);
    }
  }

  /**
   * An answer.
   *
   * @param binary the bytes behind the JSON
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by no one
  public record Reply(int status, JsonNode json, byte[] binary, HttpResponse<byte[]> response) {

    /** The numbers of an output, from JSON or from bytes. */
    public float[] floats(String name) {
      int at = 0;
      for (JsonNode output : json.get("outputs")) {
        int size = output.at("/parameters/binary_data_size").asInt(0);
        if (output.get("name").asText().equals(name)) {
          int count = 1;
          for (JsonNode dimension : output.get("shape")) {
            count *= dimension.asInt();
          }
          float[] values = new float[count];
          boolean wide = output.get("datatype").asText().equals("INT64");
          assertThat(size).isIn(0, count * (wide ? 8 : 4));
          ByteBuffer bytes = ByteBuffer.wrap(binary, at, size).order(ByteOrder.LITTLE_ENDIAN);
          for (int i = 0; i < count; i++) {
            values[i] =
                size == 0
                    ? Float.parseFloat(output.get("data").get(i).asText())
                    : wide ? bytes.getLong() : bytes.getFloat();
          }
          return values;
        }
        at += size;
      }
      throw new AssertionError("no output " + name + " in " + json);
    }
  }

  /** Asks, and checks that a 200 is of this schema, and anything else an error. */
  public Reply get(String path, String schema) throws Exception {
    return send(HttpRequest.newBuilder(server.resolve(path)).GET(), schema);
  }

  /** Asks to predict. */
  public Reply infer(String path, String json) throws Exception {
    return send(
        HttpRequest.newBuilder(server.resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)),
        "prediction");
  }

  /** Asks to predict, with bytes behind the JSON. */
  public Reply infer(String path, String json, byte[] binary) throws Exception {
    byte[] head = json.getBytes(UTF_8);
    byte[] body = Arrays.copyOf(head, head.length + binary.length);
    System.arraycopy(binary, 0, body, head.length, binary.length);
    return send(
        HttpRequest.newBuilder(server.resolve(path))
            .header("Content-Type", "application/octet-stream")
            .header(LENGTH, Integer.toString(head.length))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)),
        "prediction");
  }

  /** Sends any request. */
  public Reply send(HttpRequest.Builder request, String schema) throws Exception {
    HttpResponse<byte[]> response =
        http.send(
            request.timeout(Duration.ofMinutes(1)).build(),
            HttpResponse.BodyHandlers.ofByteArray());
    byte[] body = response.body();
    int head = (int) response.headers().firstValueAsLong(LENGTH).orElse(body.length);
    assertThat(response.headers().firstValue("Content-Type"))
        .contains(head == body.length ? "application/json" : "application/octet-stream");
    JsonNode json = JSON.readTree(body, 0, head);
    String kind = response.statusCode() == 200 ? schema : "error";
    assertThat(schema(schemas, "#/definitions/" + kind).validate(json)).as("%s", json).isEmpty();
    String described = PUBLISHED.get(kind);
    if (described != null && head == body.length) { // it knows no binary tensors
      assertThat(schema(published, "#/components/schemas/" + described).validate(json))
          .as("%s", json)
          .isEmpty();
    }
    return new Reply(
        response.statusCode(), json, Arrays.copyOfRange(body, head, body.length), response);
  }

  private static JsonSchema schema(JsonNode document, String path) {
    ObjectNode root = document.deepCopy();
    root.put("$ref", path);
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V7).getSchema(root);
  }
}
