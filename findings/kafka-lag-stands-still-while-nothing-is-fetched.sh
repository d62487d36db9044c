#!/usr/bin/env bash
# Kafka 4.4.0: the lag that a consumer shows is that of its last fetch; while it is held up, it shows none.
#
# Guess: records-lag tells how far a consumer is behind, and most of all when it does not get on: where a partition is
#   paused because what came of it is not done yet, or the thread that polls hangs, it grows with what comes in.
# Source: the consumer's metrics in https://kafka.apache.org/44/documentation/ (records-lag: the latest lag of the
#   partition); https://github.com/confluentinc/librdkafka/issues/4996, where it is the same.
# Behaviour: it is set when poll() takes fetched records up, for their partition. A partition that is paused is not
#   fetched, and one that was caught up then has a lag of 0 for as long as it is paused, also where poll() is called all
#   the time and other partitions are read; so has each partition of a consumer that is not polled. Both protocols do so.
#   Kafka Streams pauses partitions whose records wait, and polls none while a commit or a processor takes long. So an
#   alert on lag and no progress is blind to who stopped when there was nothing to do, which is who keeps up; what is
#   asked of the brokers, end less committed offset, is not.
# Seen:
#   classic, paused: records-lag 0, records that wait 100
#   classic, not polled: records-lag 0, records that wait 100
#   consumer, paused: records-lag 0, records that wait 100
#   consumer, not polled: records-lag 0, records that wait 100
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
listeners=PLAINTEXT://127.0.0.1:19592,CONTROLLER://127.0.0.1:19593
advertised.listeners=PLAINTEXT://127.0.0.1:19592
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19593
log.dirs=$work/data
offsets.topic.replication.factor=1
PROPERTIES
cat > "$work/Still.java" <<'JAVA'
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

class Still {
  static final Map<String, Object> CLIENT = Map.of("bootstrap.servers", "127.0.0.1:19592");
  static Admin admin;
  static KafkaProducer<String, String> producer;

  public static void main(String[] arguments) throws Exception {
    admin = Admin.create(CLIENT);
    producer = new KafkaProducer<>(CLIENT, new StringSerializer(), new StringSerializer());
    for (String protocol : List.of("classic", "consumer")) {
      show(protocol);
    }
    producer.close();
    admin.close();
  }

  static void show(String protocol) throws Exception {
    admin.createTopics(List.of(new NewTopic(protocol, 2, (short) 1))).all().get();
    TopicPartition partition = new TopicPartition(protocol, 0);
    TopicPartition other = new TopicPartition(protocol, 1);
    try (KafkaConsumer<String, String> consumer = consumer(protocol);
        KafkaConsumer<String, String> another = consumer(protocol)) {
      assign(consumer, List.of(partition, other));
      send(partition, 5);
      read(consumer, partition, 5);
      consumer.pause(List.of(partition));
      send(partition, 100);
      send(other, 100);
      read(consumer, other, 100); // sent later, and read by the same calls of poll
      print(protocol + ", paused", consumer, partition);
      consumer.resume(List.of(partition));
      read(consumer, partition, 105);
      send(partition, 100);
      assign(another, List.of(partition));
      read(another, partition, 205); // there for everybody
      Thread.sleep(2000); // and time for the consumer's own threads
      print(protocol + ", not polled", consumer, partition);
    }
  }

  static KafkaConsumer<String, String> consumer(String protocol) {
    Map<String, Object> settings = new HashMap<>(CLIENT);
    settings.put("group.id", protocol);
    settings.put("group.protocol", protocol);
    settings.put("enable.auto.commit", "false");
    return new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
  }

  static void assign(KafkaConsumer<String, String> consumer, List<TopicPartition> partitions) {
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  static void send(TopicPartition partition, int records) throws Exception {
    for (int i = 0; i < records; i++) {
      producer.send(new ProducerRecord<>(partition.topic(), partition.partition(), "", "")).get();
    }
  }

  static void read(KafkaConsumer<String, String> consumer, TopicPartition partition, long end) {
    long patience = System.currentTimeMillis() + 60_000;
    while (consumer.position(partition) < end && System.currentTimeMillis() < patience) {
      consumer.poll(Duration.ofMillis(100));
    }
  }

  static void print(String when, KafkaConsumer<String, String> consumer, TopicPartition partition)
      throws Exception {
    Object lag =
        consumer.metrics().entrySet().stream()
            .filter(metric -> metric.getKey().name().equals("records-lag"))
            .filter(metric -> "0".equals(metric.getKey().tags().get("partition")))
            .map(metric -> Math.round((double) metric.getValue().metricValue()))
            .findFirst()
            .orElse(-1L);
    long end =
        admin
            .listOffsets(Map.of(partition, OffsetSpec.latest()))
            .partitionResult(partition)
            .get()
            .offset();
    System.out.println(
        when
            + ": records-lag "
            + lag
            + ", records that wait "
            + (end - consumer.position(partition)));
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" kafka.tools.StorageTool format --standalone \
  -t "$(java -cp "$work/lib/*" kafka.tools.StorageTool random-uuid 2> /dev/null)" \
  -c "$work/server.properties" > "$work/format.log" 2>&1
java -cp "$work/lib/*" kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
java -cp "$work/lib/*" "$work/Still.java" 2> "$work/client.log" | tee "$work/seen"
diff <(sed -n 's/^#   \([a-z]*, \(paused\|not polled\): .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
