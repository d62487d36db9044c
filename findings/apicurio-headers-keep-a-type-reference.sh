#!/usr/bin/env bash
# Apicurio Registry 3.1.7, Protobuf serializer: with ids in headers the value is still no plain message,
#   and a plain parser reads something else without an error.
#
# Guess: apicurio.registry.headers.enabled=true moves what the serializer adds into the record's headers,
#   so that the value is the message as any Protobuf parser reads it.
# Source: https://www.apicur.io/registry/docs/apicurio-registry/3.1.x/getting-started/assembly-configuring-kafka-client-serdes.html
#   (headers.enabled: "the global ID will be passed in the message headers instead of in the message payload").
# Behaviour: the id goes to the headers, and so does the type's name; a reference to the type (its length, then
#   a message with its name) stays before the message all the same, unless send-type-ref is false. Of an
#   Int64Value 0d 0a is no valid beginning and is refused; of a message where it happens to be an unknown
#   field, it is skipped and whatever follows is read.
# Seen:
#   ids in the payload: 000000002a0c0a0a496e74363456616c7565082a
#   ids in headers: 0c0a0a496e74363456616c7565082a
#   without a reference: 082a
#
# Needs a JDK (17 or later) and Maven. Ends with 1 if the behaviour is another.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.apicurio</groupId>
      <artifactId>apicurio-registry-protobuf-serde-kafka</artifactId>
      <version>3.1.7</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/Frames.java" <<'JAVA'
import com.google.protobuf.Int64Value;
import com.sun.net.httpserver.HttpServer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaSerializer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import org.apache.kafka.common.header.internals.RecordHeaders;

class Frames {
  public static void main(String[] arguments) throws Exception {
    var registry =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    registry.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          byte[] answer =
              ("{\"artifact\":{\"artifactId\":\"t-value\",\"artifactType\":\"PROTOBUF\"},\"version\":"
                      + "{\"version\":\"1\",\"artifactId\":\"t-value\",\"globalId\":7,\"contentId\":42}}")
                  .getBytes();
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    registry.start();
    String url = "http://127.0.0.1:" + registry.getAddress().getPort() + "/apis/registry/v3";
    String headers = "apicurio.registry.headers.enabled";
    String reference = "apicurio.registry.serde.send-type-ref";
    show("ids in the payload", url, Map.of());
    show("ids in headers", url, Map.of(headers, true));
    show("without a reference", url, Map.of(headers, true, reference, false));
    System.exit(0);
  }

  static void show(String name, String url, Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("apicurio.registry.url", url);
    settings.put("apicurio.registry.auto-register", true);
    settings.put("apicurio.registry.serde.validation-enabled", false);
    try (var serializer = new ProtobufKafkaSerializer<Int64Value>()) {
      serializer.configure(settings, false);
      byte[] value = serializer.serialize("t", new RecordHeaders(), Int64Value.of(42));
      System.out.println(name + ": " + HexFormat.of().formatHex(value));
    }
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" "$work/Frames.java" 2> "$work/log" | tee "$work/seen"
diff <(sed -n 's/^#   \(.*: [0-9a-f]*\)$/\1/p' "$0") "$work/seen"
echo "as described"
