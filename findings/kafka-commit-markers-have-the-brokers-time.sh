#!/usr/bin/env bash
# Kafka 4.4.0: in a topic that is written to in transactions, looking up a time and deleting by age go by the clock of
#   the broker as well, also where the records have time stamps of their own.
#
# Guess: with message.timestamp.type=CreateTime, the default, time is what the producer says. A history of yesterday
#   that is written today is found by yesterday's times, has nothing after them, and is past a retention.ms of an hour;
#   whether it was written in transactions makes no difference, as their markers are no records that a consumer sees.
# Source: https://kafka.apache.org/44/javadoc/org/apache/kafka/clients/consumer/KafkaConsumer.html (offsetsForTimes: the
#   earliest offset whose time stamp is at or after the one that is asked for); the descriptions of
#   message.timestamp.type and retention.ms. None of them mentions markers.
# Behaviour: the broker gives a commit marker its own time, and takes it for a record where it looks for a time, for the
#   largest time, or for the age of a segment. So each time that is later than the first transaction's records is found
#   at its marker, as far back as that is; a time that no record has reached is found as well; the largest time is at an
#   offset that can't be read; and the records stay for retention.ms after they were committed. An exactly-once service
#   that works off a backlog, or replays a history, writes such topics. Read by record number, there are six:
# Seen:
#   plain: from the time of record 5 on, the first is record 5
#   plain: an hour ago or later: no offset
#   plain: the largest time is that of record 6
#   transactional: from the time of record 5 on, the first is record 3
#   transactional: an hour ago or later: offset 2
#   transactional: the largest time is that of no record
#   plain: after an hour's retention there are 0 of 6 records
#   transactional: after an hour's retention there are 6 of 6 records
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
listeners=PLAINTEXT://127.0.0.1:19396,CONTROLLER://127.0.0.1:19397
advertised.listeners=PLAINTEXT://127.0.0.1:19396
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19397
log.dirs=$work/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
log.retention.check.interval.ms=500
log.initial.task.delay.ms=500
PROPERTIES
cat > "$work/Markers.java" <<'JAVA'
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;

class Markers {
  static final Map<String, Object> CLIENT = Map.of("bootstrap.servers", "127.0.0.1:19396");
  static final long HOUR = 3_600_000;
  static final long YESTERDAY = System.currentTimeMillis() - 24 * HOUR;
  static Admin admin;

  public static void main(String[] arguments) throws Exception {
    admin = Admin.create(CLIENT);
    for (String topic : List.of("plain", "transactional")) {
      write(topic);
      show(topic);
    }
    deleteAfterAnHour("transactional");
    awaitDeletion("plain");
    // Where the third is deleted, the pass over all topics that deleted the second is through.
    for (String another : List.of("second", "third")) {
      write(another);
      awaitDeletion(another);
    }
    for (String topic : List.of("plain", "transactional")) {
      System.out.println(
          topic + ": after an hour's retention there are " + records(topic).size() + " of 6 records");
    }
    admin.close();
  }

  static void write(String topic) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    boolean transactional = topic.equals("transactional");
    Map<String, Object> settings = new HashMap<>(CLIENT);
    if (transactional) {
      settings.put("transactional.id", topic);
    }
    try (KafkaProducer<Integer, Integer> producer =
        new KafkaProducer<>(settings, new IntegerSerializer(), new IntegerSerializer())) {
      if (transactional) {
        producer.initTransactions();
      }
      for (int number = 1; number <= 6; number++) {
        if (transactional && number % 2 == 1) {
          producer.beginTransaction();
        }
        producer.send(new ProducerRecord<>(topic, 0, stamp(number), number, number)).get();
        if (transactional && number % 2 == 0) {
          producer.commitTransaction();
        }
      }
    }
  }

  static long stamp(int number) {
    return YESTERDAY + number * 60_000L;
  }

  static void show(String topic) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<Integer, Integer> consumer = consumer()) {
      OffsetAndTimestamp fifth = consumer.offsetsForTimes(Map.of(partition, stamp(5))).get(partition);
      int first =
          records(topic).stream().filter(r -> r.offset() >= fifth.offset()).findFirst().get().value();
      System.out.println(
          topic + ": from the time of record 5 on, the first is record " + first);
      long anHourAgo = System.currentTimeMillis() - HOUR;
      OffsetAndTimestamp late =
          consumer.offsetsForTimes(Map.of(partition, anHourAgo)).get(partition);
      System.out.println(
          topic + ": an hour ago or later: " + (late == null ? "no offset" : "offset " + late.offset()));
      long largest = offset(topic, OffsetSpec.maxTimestamp());
      String which =
          records(topic).stream()
              .filter(record -> record.offset() == largest)
              .map(record -> "record " + record.value())
              .findFirst()
              .orElse("no record");
      System.out.println(topic + ": the largest time is that of " + which);
    }
  }

  static void deleteAfterAnHour(String topic) throws Exception {
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                List.of(
                    new AlterConfigOp(
                        new ConfigEntry("retention.ms", Long.toString(HOUR)),
                        AlterConfigOp.OpType.SET))))
        .all()
        .get();
  }

  static void awaitDeletion(String topic) throws Exception {
    deleteAfterAnHour(topic);
    long patience = System.currentTimeMillis() + 60_000;
    while (offset(topic, OffsetSpec.earliest()) < offset(topic, OffsetSpec.latest())
        && System.currentTimeMillis() < patience) {
      Thread.sleep(100);
    }
  }

  static long offset(String topic, OffsetSpec which) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    return admin.listOffsets(Map.of(partition, which)).partitionResult(partition).get().offset();
  }

  static KafkaConsumer<Integer, Integer> consumer() {
    Map<String, Object> settings = new HashMap<>(CLIENT);
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    return new KafkaConsumer<>(settings, new IntegerDeserializer(), new IntegerDeserializer());
  }

  static List<ConsumerRecord<Integer, Integer>> records(String topic) {
    TopicPartition partition = new TopicPartition(topic, 0);
    List<ConsumerRecord<Integer, Integer>> records = new ArrayList<>();
    try (KafkaConsumer<Integer, Integer> consumer = consumer()) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        records.addAll(consumer.poll(Duration.ofMillis(100)).records(partition));
      }
    }
    return records;
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" kafka.tools.StorageTool format --standalone \
  -t "$(java -cp "$work/lib/*" kafka.tools.StorageTool random-uuid 2> /dev/null)" \
  -c "$work/server.properties" > "$work/format.log" 2>&1
java -cp "$work/lib/*" kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
java -cp "$work/lib/*" "$work/Markers.java" 2> "$work/client.log" | tee "$work/seen"
diff <(sed -n 's/^#   \(\(plain\|transactional\): .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
