#!/usr/bin/env bash
# Kafka Streams 4.4.0: exactly once, a record that a processing exception handler passes over has taken effect by half.
#
# Guess: with processing.exception.handler=LogAndContinueProcessingExceptionHandler a record whose processing throws is
#   left out, and goes to the dead-letter queue if there is one; with exactly_once_v2 it leaves no trace otherwise,
#   since what comes of a record is committed whole or not at all. Nothing after the place that threw is run for it.
# Source: https://kafka.apache.org/44/javadoc/org/apache/kafka/streams/errors/LogAndContinueProcessingExceptionHandler.html
#   (it signals the pipeline to continue processing more records);
#   https://kafka.apache.org/44/documentation/streams/core-concepts/ (exactly-once: the results are reflected once, also
#   in state stores).
# Behaviour: each node catches what it throws itself. What the record has forwarded and put into stores until then is
#   committed with the transaction of its neighbours, beside the dead letter; and where a node downstream throws, forward
#   returns upstream as if nothing had been, and the record goes on there, also to the other children. So who mends a
#   dead letter and sends it again has its first half twice. One transaction is for many records: nothing of a single
#   one can be taken back. Here a node counts each record in a store and forwards the count to two children, of which
#   the first throws for bad; then it forwards to the second that it is through.
# Seen:
#   committed: good, count 1
#   committed: good, count 1 through
#   committed: bad, count 2 through
#   committed: good, count 3
#   committed: good, count 3 through
#   dead letter: bad
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
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-streams</artifactId>
      <version>4.4.0</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:19398,CONTROLLER://127.0.0.1:19399
advertised.listeners=PLAINTEXT://127.0.0.1:19398
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19399
log.dirs=$work/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
cat > "$work/Half.java" <<'JAVA'
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

class Half {
  static final String SERVERS = "127.0.0.1:19398";

  static final class Count extends ContextualProcessor<String, String, String, String> {
    @Override
    public void process(Record<String, String> record) {
      KeyValueStore<String, Integer> counts = context().getStateStore("counts");
      Integer before = counts.get("all");
      int count = before == null ? 1 : before + 1;
      counts.put("all", count);
      String counted = record.value() + ", count " + count;
      context().forward(record.withValue(counted), "check");
      context().forward(record.withValue(counted + " through"), "out");
    }
  }

  static final class Check extends ContextualProcessor<String, String, String, String> {
    @Override
    public void process(Record<String, String> record) {
      if (record.value().startsWith("bad")) {
        throw new IllegalArgumentException("bad");
      }
      context().forward(record);
    }
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, Object> client = Map.of("bootstrap.servers", SERVERS);
    try (Admin admin = Admin.create(client)) {
      List<NewTopic> topics = new ArrayList<>();
      for (String topic : List.of("in", "out", "dead")) {
        topics.add(new NewTopic(topic, 1, (short) 1));
      }
      admin.createTopics(topics).all().get();
    }
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(client, new StringSerializer(), new StringSerializer())) {
      for (String value : List.of("good", "bad", "good")) {
        producer.send(new ProducerRecord<>("in", "key", value)).get();
      }
    }
    Topology topology =
        new Topology()
            .addSource("in", new StringDeserializer(), new StringDeserializer(), "in")
            .addProcessor("count", Count::new, "in")
            .addStateStore(
                Stores.keyValueStoreBuilder(
                    Stores.inMemoryKeyValueStore("counts"), Serdes.String(), Serdes.Integer()),
                "count")
            .addProcessor("check", Check::new, "count")
            .addSink("out", "out", new StringSerializer(), new StringSerializer(), "count", "check");
    Properties properties = new Properties();
    properties.put("application.id", "finding");
    properties.put("bootstrap.servers", SERVERS);
    properties.put("state.dir", System.getProperty("java.io.tmpdir") + "/state");
    properties.put("processing.guarantee", "exactly_once_v2");
    properties.put(
        "processing.exception.handler",
        "org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler");
    properties.put("errors.dead.letter.queue.topic.name", "dead");
    try (KafkaStreams streams = new KafkaStreams(topology, properties)) {
      streams.start();
      print("committed", "out", "good, count 3 through");
      print("dead letter", "dead", "bad");
    }
  }

  static void print(String what, String topic, String last) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", SERVERS, "isolation.level", "read_committed");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partition = List.of(new TopicPartition(topic, 0));
      consumer.assign(partition);
      consumer.seekToBeginning(partition);
      long patience = System.currentTimeMillis() + 60_000;
      for (boolean more = true; more && System.currentTimeMillis() < patience; ) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          System.out.println(what + ": " + record.value());
          more &= !record.value().equals(last);
        }
      }
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
java -Djava.io.tmpdir="$work" -cp "$work/lib/*" "$work/Half.java" 2> "$work/client.log" \
  | tee "$work/seen"
diff <(sed -n 's/^#   \(\(committed\|dead letter\): .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
