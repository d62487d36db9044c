#!/usr/bin/env bash
# Kafka Streams 4.4.0: exactly once, TopologyTestDriver takes back what a failed record has forwarded, and not what it has
#   put into stores.
#
# Guess: with processing.guarantee=exactly_once_v2 the driver does as a broker does, or else with none of both: a record
#   whose processing throws, and is given to it again, has counted once.
# Source: https://kafka.apache.org/44/javadoc/org/apache/kafka/streams/TopologyTestDriver.html (it takes the settings that
#   the real topology would have, and simulates consumers and producers); nothing on what is left after an exception.
# Behaviour: what the failed attempt has forwarded is not in the output topic, as its transaction was not committed. The
#   store has its put all the same, and so the second attempt counts a second time. With a broker the thread that failed
#   is replaced, the store is restored from what was committed, and the record counts once. With at_least_once the driver
#   has both. So a test with it does not tell whether a failure leaves a trace; one with a broker does. Here a node
#   counts, forwards, and throws the first time that it gets second; the driver is given that record twice.
# Seen:
#   driver, at_least_once: first 1, second 2, second 3, third 4
#   driver, exactly_once_v2: first 1, second 3, third 4
#   broker, exactly_once_v2: first 1, second 2, third 3
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
      <artifactId>kafka-streams-test-utils</artifactId>
      <version>4.4.0</version>
    </dependency>
  </dependencies>
</project>
POM
cat > "$work/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:19594,CONTROLLER://127.0.0.1:19595
advertised.listeners=PLAINTEXT://127.0.0.1:19594
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19595
log.dirs=$work/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
cat > "$work/Counts.java" <<'JAVA'
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
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

class Counts {
  static final String SERVERS = "127.0.0.1:19594";
  static volatile boolean failed;

  static final class Count extends ContextualProcessor<String, String, String, String> {
    @Override
    public void process(Record<String, String> record) {
      KeyValueStore<String, Integer> counts = context().getStateStore("counts");
      Integer before = counts.get("all");
      int count = before == null ? 1 : before + 1;
      counts.put("all", count);
      context().forward(record.withValue(record.value() + " " + count));
      if (record.value().equals("second") && !failed) {
        failed = true;
        throw new IllegalStateException("once");
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    for (String guarantee : List.of("at_least_once", "exactly_once_v2")) {
      System.out.println("driver, " + guarantee + ": " + String.join(", ", driver(guarantee)));
    }
    System.out.println("broker, exactly_once_v2: " + String.join(", ", broker()));
  }

  static Topology topology() {
    failed = false;
    return new Topology()
        .addSource("in", new StringDeserializer(), new StringDeserializer(), "in")
        .addProcessor("count", Count::new, "in")
        .addStateStore(
            Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("counts"), Serdes.String(), Serdes.Integer()),
            "count")
        .addSink("out", "out", new StringSerializer(), new StringSerializer(), "count");
  }

  static Properties properties(String guarantee) {
    Properties properties = new Properties();
    properties.put("application.id", "finding");
    properties.put("bootstrap.servers", SERVERS);
    properties.put("processing.guarantee", guarantee);
    properties.put("session.timeout.ms", "10000"); // until a thread's successor has its partition
    properties.put("state.dir", System.getProperty("java.io.tmpdir") + "/state");
    return properties;
  }

  static List<String> driver(String guarantee) {
    try (TopologyTestDriver driver = new TopologyTestDriver(topology(), properties(guarantee))) {
      TestInputTopic<String, String> in =
          driver.createInputTopic("in", new StringSerializer(), new StringSerializer());
      in.pipeInput("key", "first");
      try {
        in.pipeInput("key", "second");
      } catch (StreamsException once) {
        in.pipeInput("key", "second");
      }
      in.pipeInput("key", "third");
      return driver
          .createOutputTopic("out", new StringDeserializer(), new StringDeserializer())
          .readValuesToList();
    }
  }

  static List<String> broker() throws Exception {
    Map<String, Object> client = Map.of("bootstrap.servers", SERVERS);
    try (Admin admin = Admin.create(client);
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(client, new StringSerializer(), new StringSerializer())) {
      NewTopic in = new NewTopic("in", 1, (short) 1);
      admin.createTopics(List.of(in, new NewTopic("out", 1, (short) 1))).all().get();
      for (String value : List.of("first", "second", "third")) {
        producer.send(new ProducerRecord<>("in", "key", value)).get();
      }
    }
    List<String> values = new ArrayList<>();
    Map<String, Object> settings =
        Map.of("bootstrap.servers", SERVERS, "isolation.level", "read_committed");
    try (KafkaStreams streams = new KafkaStreams(topology(), properties("exactly_once_v2"));
        KafkaConsumer<String, String> consumer =
            new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      streams.setUncaughtExceptionHandler(error -> StreamThreadExceptionResponse.REPLACE_THREAD);
      streams.start();
      List<TopicPartition> out = List.of(new TopicPartition("out", 0));
      consumer.assign(out);
      consumer.seekToBeginning(out);
      long patience = System.currentTimeMillis() + 90_000;
      boolean more = true;
      while (more && System.currentTimeMillis() < patience) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          values.add(record.value());
          more &= !record.value().startsWith("third");
        }
      }
    }
    return values;
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" kafka.tools.StorageTool format --standalone \
  -t "$(java -cp "$work/lib/*" kafka.tools.StorageTool random-uuid 2> /dev/null)" \
  -c "$work/server.properties" > "$work/format.log" 2>&1
java -cp "$work/lib/*" kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
java -Djava.io.tmpdir="$work" -cp "$work/lib/*" "$work/Counts.java" 2> "$work/client.log" \
  | tee "$work/seen"
diff <(sed -n 's/^#   \(\(driver\|broker\), [a-z_0-9]*: .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
