#!/usr/bin/env bash
# flink-connector-kafka 5.0.0-2.2 with kafka-clients 4.4.0: exactly-once sinks end with NoSuchMethodError.
#
# Guess: the connector declares kafka-clients 4.2.0; a newer client of the same major version, which a build takes
#   that has another Kafka library as well, works as that does. Kafka keeps its public API within a major version.
# Source: the connector's pom, whose dependency on kafka-clients is an ordinary one; Flink's page on the connector, by
#   which it follows the newest Kafka client and its own client's version may change between releases.
# Behaviour: it compiles, and a sink with DeliveryGuarantee.AT_LEAST_ONCE works. One with EXACTLY_ONCE fails at the
#   end of its first transaction. The connector resumes and commits transactions by the client's internals, by
#   reflection and by calls that were compiled against 4.2.0, and of these 4.4.0 has TransactionalRequestResult.await()
#   no more. So the connector's client has to be first on the class path.
# Seen:
#   kafka-clients 4.2.0, AT_LEAST_ONCE: FINISHED
#   kafka-clients 4.2.0, EXACTLY_ONCE: FINISHED
#   kafka-clients 4.4.0, AT_LEAST_ONCE: FINISHED
#   kafka-clients 4.4.0, EXACTLY_ONCE: NoSuchMethodError: TransactionalRequestResult.await()
#
# Needs a JDK (17 or 21) and Maven; starts a broker on 127.0.0.1. Ends with 1 if the behaviour is another.
set -euo pipefail
work=$(mktemp -d)
broker=
stop() {
  if [ -n "$broker" ]; then
    kill "$broker" 2> /dev/null || true
    wait "$broker" 2> /dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT

dependency() { # group, artifact, version
  echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"
}

libraries() { # directory, then dependencies
  mkdir "$work/$1"
  cat > "$work/$1/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>$2</dependencies>
</project>
POM
  mvn -B -q -f "$work/$1/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/$1/lib"
}

cat > "$work/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:19494,CONTROLLER://127.0.0.1:19495
advertised.listeners=PLAINTEXT://127.0.0.1:19494
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19495
log.dirs=$work/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
PROPERTIES
cat > "$work/Sink.java" <<'JAVA'
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

class Sink {
  public static void main(String[] arguments) throws Exception {
    for (DeliveryGuarantee guarantee :
        new DeliveryGuarantee[] {DeliveryGuarantee.AT_LEAST_ONCE, DeliveryGuarantee.EXACTLY_ONCE}) {
      System.out.println(
          "kafka-clients " + arguments[0] + ", " + guarantee.name() + ": " + run(guarantee));
    }
    System.exit(0);
  }

  static String run(DeliveryGuarantee guarantee) throws Exception {
    Configuration once = Configuration.fromMap(Map.of("restart-strategy.type", "none"));
    StreamExecutionEnvironment flink =
        StreamExecutionEnvironment.createLocalEnvironment(1, once);
    flink.enableCheckpointing(1000);
    flink
        .fromSequence(1, 10)
        .map(Object::toString)
        .sinkTo(
            KafkaSink.<String>builder()
                .setBootstrapServers("127.0.0.1:19494")
                .setDeliveryGuarantee(guarantee)
                .setTransactionalIdPrefix("finding")
                .setProperty("transaction.timeout.ms", "60000")
                .setRecordSerializer(
                    KafkaRecordSerializationSchema.builder()
                        .setTopic("out")
                        .setValueSerializationSchema(new SimpleStringSchema())
                        .build())
                .build());
    try {
      flink.execute();
      return "FINISHED";
    } catch (Exception failed) {
      for (Throwable each = failed; each != null; each = each.getCause()) {
        if (each.toString().contains("NoSuchMethodError")
            && each.toString().contains("TransactionalRequestResult.await()")) {
          return "NoSuchMethodError: TransactionalRequestResult.await()";
        }
      }
      throw failed;
    }
  }
}
JAVA
libraries broker "$(dependency org.apache.kafka kafka_2.13 4.4.0)"
for version in 4.2.0 4.4.0; do
  libraries "$version" "$(dependency org.apache.kafka kafka-clients $version)
    $(dependency org.apache.flink flink-clients 2.2.1)
    $(dependency org.apache.flink flink-connector-base 2.2.1)
    $(dependency org.apache.flink flink-connector-kafka 5.0.0-2.2)"
done
java -cp "$work/broker/lib/*" kafka.tools.StorageTool format --standalone \
  -t "$(java -cp "$work/broker/lib/*" kafka.tools.StorageTool random-uuid 2> /dev/null)" \
  -c "$work/server.properties" > "$work/format.log" 2>&1
java -cp "$work/broker/lib/*" kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
for version in 4.2.0 4.4.0; do
  javac -d "$work/$version" -cp "$work/$version/lib/*" "$work/Sink.java"
  java -Djava.io.tmpdir="$work" --add-opens java.base/java.util=ALL-UNNAMED \
    -cp "$work/$version:$work/$version/lib/*" Sink "$version" 2> "$work/$version.log"
done | tee "$work/seen"
diff <(sed -n 's/^#   \(kafka-clients 4[^:]*: .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
