#!/usr/bin/env bash
# Kafka 4.4.0: segment.ms counts the time stamps that producers give, not the time that passes.
#
# Guess: with segment.ms=1000 a partition that is written to all the time begins a new segment every second or
#   so; a compacted topic, whose newest segment is never cleaned, lags by a second.
# Source: the description of segment.ms: the period of time after which Kafka will force the log to roll even if
#   the segment file isn't full. (It says nothing of whose time that is.)
# Behaviour: with message.timestamp.type=CreateTime, the default, a segment ends when a record comes whose time
#   stamp is that much later than the one of the segment's first record. Records of the same stamp never end
#   one, however long they are written. Records whose stamps are further apart, such as those of a replayed
#   history, each begin one, with an index and a time index, as fast as they are written. Kafka Streams gives
#   its changelog records the stamps of the input, and makes these topics with CreateTime. With LogAppendTime
#   it is as guessed.
# Seen:
#   CreateTime, one stamp, four seconds: 1 segments
#   CreateTime, stamps 2 s apart, at once: 50 segments
#   LogAppendTime, one stamp, four seconds: several segments
#   LogAppendTime, stamps 2 s apart, at once: 1 segments
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
listeners=PLAINTEXT://127.0.0.1:19394,CONTROLLER://127.0.0.1:19395
advertised.listeners=PLAINTEXT://127.0.0.1:19394
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19395
log.dirs=$work/data
offsets.topic.replication.factor=1
PROPERTIES
cat > "$work/Segments.java" <<'JAVA'
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

class Segments {
  static final Map<String, Object> CLIENT = Map.of("bootstrap.servers", "127.0.0.1:19394");
  static final long YESTERDAY = System.currentTimeMillis() - 86_400_000;

  public static void main(String[] arguments) throws Exception {
    Path data = Path.of(arguments[0]);
    for (String type : List.of("CreateTime", "LogAppendTime")) {
      print(type + ", one stamp, four seconds", segments(data, type, 50, 80, 0));
      print(type + ", stamps 2 s apart, at once", segments(data, type, 50, 0, 2000));
    }
  }

  static void print(String what, long segments) {
    boolean several = segments > 1 && segments < 50;
    System.out.println(what + ": " + (several ? "several" : segments) + " segments");
  }

  static long segments(Path data, String type, int records, long pause, long step)
      throws Exception {
    String topic = type + step;
    try (Admin admin = Admin.create(CLIENT);
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(CLIENT, new StringSerializer(), new StringSerializer())) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(topic, Optional.of(1), Optional.empty())
                      .configs(
                          Map.of("segment.ms", "1000", "message.timestamp.type", type))))
          .all()
          .get();
      for (int i = 0; i < records; i++) {
        producer.send(new ProducerRecord<>(topic, 0, YESTERDAY + i * step, "key", "value")).get();
        Thread.sleep(pause);
      }
    }
    try (var files = Files.list(data.resolve(topic + "-0"))) {
      return files.filter(file -> file.toString().endsWith(".log")).count();
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
java -cp "$work/lib/*" "$work/Segments.java" "$work/data" 2> "$work/client.log" | tee "$work/seen"
diff <(sed -n 's/^#   \(\(Create\|LogAppend\)Time, [^:]*: .* segments\)$/\1/p' "$0") "$work/seen"
echo "as described"
