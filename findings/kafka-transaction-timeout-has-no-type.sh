#!/usr/bin/env bash
# kafka-clients 4.3.1: a transaction timeout that the broker does not allow is no InvalidTxnTimeoutException.
#
# Guess: KafkaProducer.initTransactions() with a transaction.timeout.ms above the broker's
#   transaction.max.timeout.ms throws InvalidTxnTimeoutException: the class is public, and its Javadoc says
#   that the coordinator answers with this error in this very case.
# Source: the Javadoc of org.apache.kafka.common.errors.InvalidTxnTimeoutException.
# Behaviour: what is thrown is a bare KafkaException, without a cause, with the words "Unexpected error in
#   InitProducerIdResponse" before the error's own message. Only that message tells which setting is wrong;
#   code that catches the type never sees it. Kafka Streams hands the same on as the cause of its own error.
# Seen:
#   thrown: org.apache.kafka.common.KafkaException
#   cause: null
#   names transaction.max.timeout.ms: true
#
# Needs a JDK (17 or later) and Maven; starts a broker on 127.0.0.1. Ends with 1 if the behaviour is another.
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
cat > "$work/pom.xml" <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>4.3.1</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:19392,CONTROLLER://127.0.0.1:19393
advertised.listeners=PLAINTEXT://127.0.0.1:19392
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19393
log.dirs=$work/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.max.timeout.ms=60000
PROPERTIES
cat > "$work/Timeout.java" <<'JAVA'
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.StringSerializer;

class Timeout {
  public static void main(String[] arguments) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", "127.0.0.1:19392",
            "transactional.id", "finding",
            "transaction.timeout.ms", 60_001);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      System.out.println("thrown: nothing");
    } catch (RuntimeException e) {
      System.out.println("thrown: " + e.getClass().getName());
      System.out.println("cause: " + e.getCause());
      System.out.println(
          "names transaction.max.timeout.ms: "
              + String.valueOf(e.getMessage()).contains("transaction.max.timeout.ms"));
    }
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" kafka.tools.StorageTool format --standalone \
  -t "$(java -cp "$work/lib/*" kafka.tools.StorageTool random-uuid 2> /dev/null)" \
  -c "$work/server.properties" > "$work/format.log" 2>&1
java -cp "$work/lib/*" kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
java -cp "$work/lib/*" "$work/Timeout.java" 2> "$work/client.log" | tee "$work/seen"
diff <(sed -n 's/^#   \(\(thrown\|cause\|names\)[^:]*: [a-z].*\)$/\1/p' "$0") "$work/seen"
echo "as described"
