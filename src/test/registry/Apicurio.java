import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaSerializer;
import io.streamgrad.v1.ImageBatch;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Prints a batch as Apicurio Registry's serializer writes it: mode, headers and value in
 * hexadecimal. It asks the registry at the URL that it is given. Without one it prints
 * src/test/resources/framed/apicurio.csv: the registry is then a few lines here, with one schema,
 * contentId 42, globalId 7.
 */
public class Apicurio {
  private static final String URL = "apicurio.registry.url";
  private static final String REGISTER = "apicurio.registry.auto-register";
  private static final String VALIDATE = "apicurio.registry.serde.validation-enabled";
  private static final String HEADERS = "apicurio.registry.headers.enabled";
  private static final String USE_ID = "apicurio.registry.use-id";
  private static final String ID_HANDLER = "apicurio.registry.id-handler";
  private static final String TYPE_REF = "apicurio.registry.serde.send-type-ref";
  private static final String INDEXES = "apicurio.registry.serde.send-indexes";
  private static final String EIGHT_BYTES = "io.apicurio.registry.serde.Legacy8ByteIdHandler";

  private static final String REGISTERED =
      """
      {"artifact": {"groupId": "default", "artifactId": "images-value", "artifactType": "PROTOBUF"},
       "version": {"version": "1", "groupId": "default", "artifactId": "images-value",
                   "globalId": 7, "contentId": 42, "artifactType": "PROTOBUF", "state": "ENABLED"}}
      """;

  public static void main(String[] args) throws Exception {
    print(args.length > 0 ? args[0] : startRegistry());
    System.exit(0); // the client's threads are no daemons
  }

  private static String startRegistry() throws IOException {
    HttpServer registry =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    registry.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          byte[] answer = REGISTERED.getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    registry.start();
    return "http://127.0.0.1:%d/apis/registry/v3".formatted(registry.getAddress().getPort());
  }

  private static void print(String url) throws Exception {
    ImageBatch batch =
        ImageBatch.newBuilder()
            .setHeight(2)
            .setWidth(2)
            .setPixels(ByteString.copyFrom(new byte[] {1, 2, 3, 4}))
            .setLabels(ByteString.copyFrom(new byte[] {1}))
            .build();
    Map<String, Map<String, Object>> modes = new LinkedHashMap<>();
    modes.put("default", Map.of());
    modes.put("8-byte-id", Map.of(ID_HANDLER, EIGHT_BYTES));
    modes.put("no-reference", Map.of(TYPE_REF, false));
    modes.put("indexes", Map.of(TYPE_REF, false, INDEXES, true));
    modes.put("reference-and-indexes", Map.of(INDEXES, true));
    modes.put("headers", Map.of(HEADERS, true));
    modes.put("headers-global-id", Map.of(HEADERS, true, USE_ID, "globalId"));
    modes.put("headers-indexes", Map.of(HEADERS, true, TYPE_REF, false, INDEXES, true));
    for (Map.Entry<String, Map<String, Object>> mode : modes.entrySet()) {
      Map<String, Object> settings = new HashMap<>(mode.getValue());
      settings.put(URL, url);
      settings.put(REGISTER, true);
      settings.put(VALIDATE, false);
      try (ProtobufKafkaSerializer<ImageBatch> serializer = new ProtobufKafkaSerializer<>()) {
        serializer.configure(settings, false);
        Headers headers = new RecordHeaders();
        byte[] value = serializer.serialize("images", headers, batch);
        System.out.println(
            "%s,%s,%s".formatted(mode.getKey(), hex(headers), HexFormat.of().formatHex(value)));
      }
    }
  }

  private static String hex(Headers headers) {
    return StreamSupport.stream(headers.spliterator(), false)
        .map(header -> header.key() + "=" + HexFormat.of().formatHex(header.value()))
        .collect(Collectors.joining(" "));
  }
}
