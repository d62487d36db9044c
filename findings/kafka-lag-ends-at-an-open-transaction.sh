#!/usr/bin/env bash
# Kafka 4.4.0: a consumer of committed records that an open transaction holds up has no lag, by its own metrics.
#
# Guess: records-lag is how many records of the partition the consumer has not had yet. Where somebody's transaction is
#   left open, and records that others send wait behind it, it rises, and an alert on it tells that nothing goes on.
# Source: the consumer's metrics in https://kafka.apache.org/44/documentation/ (records-lag: the latest lag of the
#   partition). That it is something else for isolation.level=read_committed is said in one sentence of
#   https://kafka.apache.org/44/javadoc/org/apache/kafka/clients/consumer/KafkaConsumer.html. The other count:
#   https://github.com/softwaremill/klag-exporter/issues/104.
# Behaviour: for such a consumer the partition ends where the first open transaction begins: records-lag, currentLag()
#   and endOffsets() count up to there. So the lag is 0 for as long as the consumer is held up, whatever comes in, and no
#   alert on it tells; Kafka Streams with exactly_once_v2 has such consumers. What asks for the partition's end as others
#   do, kafka-consumer-groups.sh and autoscalers for two, sees the records and counts them as lag, and consumers that it
#   adds can't read them either. Once the transaction has ended, the two agree again.
# Seen:
#   100 records behind an open transaction: received 0, records-lag 0, end of the partition less position 101
#   after it was aborted: received 100, records-lag 0, end of the partition less position 0
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
      <version>4.4.0</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:19492,CONTROLLER://127.0.0.1:19493
advertised.listeners=PLAINTEXT://127.0.0.1:19492
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19493
log.dirs=$work/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
PROPERTIES
cat > "$work/Lag.java" <<'JAVA'
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

class Lag {
  static final Map<String, Object> CLIENT = Map.of("bootstrap.servers", "127.0.0.1:19492");
  static final TopicPartition PARTITION = new TopicPartition("t", 0);
  static final ProducerRecord<String, String> RECORD = new ProducerRecord<>("t", 0, "key", "value");

  public static void main(String[] arguments) throws Exception {
    Map<String, Object> committed = new HashMap<>(CLIENT);
    committed.put("isolation.level", "read_committed");
    try (Admin admin = Admin.create(CLIENT);
        KafkaProducer<String, String> plain = producer(Map.of());
        KafkaProducer<String, String> open = producer(Map.of("transactional.id", "open"));
        KafkaConsumer<String, String> consumer =
            new KafkaConsumer<>(committed, new StringDeserializer(), new StringDeserializer())) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get();
      plain.send(RECORD).get();
      consumer.assign(List.of(PARTITION));
      consumer.seekToBeginning(List.of(PARTITION));
      while (received(consumer, 1) == 0) {}
      open.initTransactions();
      open.beginTransaction();
      open.send(RECORD).get();
      for (int i = 0; i < 100; i++) {
        plain.send(RECORD).get();
      }
      show("100 records behind an open transaction", consumer, admin);
      open.abortTransaction();
      show("after it was aborted", consumer, admin);
    }
  }

  static KafkaProducer<String, String> producer(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(CLIENT);
    settings.putAll(more);
    return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
  }

  /** Of up to so many polls. */
  static int received(KafkaConsumer<String, String> consumer, int polls) {
    int received = 0;
    for (int i = 0; i < polls; i++) {
      received += consumer.poll(Duration.ofMillis(200)).count();
    }
    return received;
  }

  static void show(String when, KafkaConsumer<String, String> consumer, Admin admin)
      throws Exception {
    int received = received(consumer, 20);
    Object lag =
        consumer.metrics().entrySet().stream()
            .filter(metric -> metric.getKey().name().equals("records-lag"))
            .map(metric -> Math.round((double) metric.getValue().metricValue()))
            .findFirst()
            .orElse(-1L);
    long end =
        admin
            .listOffsets(Map.of(PARTITION, OffsetSpec.latest()))
            .partitionResult(PARTITION)
            .get()
            .offset();
    System.out.println(
        when
            + ": received "
            + received
            + ", records-lag "
            + lag
            + ", end of the partition less position "
            + (end - consumer.position(PARTITION)));
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" kafka.tools.StorageTool format --standalone \
  -t "$(java -cp "$work/lib/*" kafka.tools.StorageTool random-uuid 2> /dev/null)" \
  -c "$work/server.properties" > "$work/format.log" 2>&1
java -cp "$work/lib/*" kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
java -cp "$work/lib/*" "$work/Lag.java" 2> "$work/client.log" | tee "$work/seen"
diff <(sed -n 's/^#   \(.*: received .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
