#!/usr/bin/env bash
# Kafka 4.4.0: with the newer group protocols a static member that was killed can't come back until its session is over.
#
# Guess: group.instance.id is for members that come back under the same name, as a pod of a StatefulSet does. One that
#   was killed is started again, takes the place of its former self and has its partitions at once, whichever
#   group.protocol is set: with classic it is so.
# Source: the description of group.instance.id in https://kafka.apache.org/44/documentation/ (avoids rebalances caused by
#   transient unavailability, such as process restarts; nothing about protocols);
#   https://github.com/apache/kafka/pull/20594 (a test that met it where a leave got lost).
# Behaviour: with consumer, and with streams in Kafka Streams, the group's coordinator refuses a member whose name another
#   one has, and that other one is the dead process, until its session timeout, which is now the broker's: 45 s if it was
#   not changed. The refusal is no retriable error: poll() throws UnreleasedInstanceIdException, and Kafka Streams' thread
#   ends with it. So it is the living one that goes, where classic fences the former one; what is restarted by Kubernetes
#   fails some times more, waits longer each time, and the partitions are nobody's. Without the id the new process joins
#   beside the dead one and only waits. Here the first process of each name is killed, and the timeout is 15 s:
# Seen:
#   classic, started again: has the partition
#   consumer, started again: UnreleasedInstanceIdException
#   consumer, started again and again: has the partition
#   streams, started again: UnreleasedInstanceIdException
#   streams, started again and again: has the partition
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
listeners=PLAINTEXT://127.0.0.1:19498,CONTROLLER://127.0.0.1:19499
advertised.listeners=PLAINTEXT://127.0.0.1:19498
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19499
log.dirs=$work/data
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
group.consumer.min.session.timeout.ms=15000
group.consumer.session.timeout.ms=15000
group.streams.min.session.timeout.ms=15000
group.streams.session.timeout.ms=15000
PROPERTIES
cat > "$work/Member.java" <<'JAVA'
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

class Member {
  static final String HAS = "has the partition";
  static String protocol;

  public static void main(String[] arguments) throws Exception {
    protocol = arguments[0];
    String what = arguments[1];
    if (what.equals("killed")) {
      try (Admin admin = Admin.create(settings())) {
        admin.createTopics(List.of(new NewTopic(protocol, 1, (short) 1))).all().get();
      }
      Runtime.getRuntime().halt(join().equals(HAS) ? 0 : 1); // no goodbye
    }
    String outcome = join();
    long patience = System.currentTimeMillis() + 60_000;
    while (what.equals("started again and again")
        && !outcome.equals(HAS)
        && System.currentTimeMillis() < patience) {
      Thread.sleep(500);
      outcome = join();
    }
    System.out.println(protocol + ", " + what + ": " + outcome);
    Runtime.getRuntime().halt(0); // so that a group in which it is still has it as killed
  }

  static Map<String, Object> settings() {
    return new HashMap<>(Map.of("bootstrap.servers", "127.0.0.1:19498"));
  }

  static String join() throws Exception {
    return protocol.equals("streams") ? stream() : consume();
  }

  static String consume() {
    Map<String, Object> settings = settings();
    settings.put("group.id", protocol);
    settings.put("group.protocol", protocol);
    settings.put("group.instance.id", "pod-0");
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.subscribe(List.of(protocol));
    try {
      for (int i = 0; i < 300 && consumer.assignment().isEmpty(); i++) {
        consumer.poll(Duration.ofMillis(100));
      }
      return consumer.assignment().isEmpty() ? "nothing" : HAS;
    } catch (KafkaException e) {
      consumer.close();
      return e.getClass().getSimpleName();
    }
  }

  static String stream() throws Exception {
    Properties properties = new Properties();
    properties.putAll(settings());
    properties.put("application.id", protocol);
    properties.put("group.protocol", protocol);
    properties.put("group.instance.id", "pod-0");
    properties.put("state.dir", System.getProperty("java.io.tmpdir") + "/state");
    Topology topology =
        new Topology()
            .addSource("in", new ByteArrayDeserializer(), new ByteArrayDeserializer(), protocol);
    KafkaStreams streams = new KafkaStreams(topology, properties);
    CompletableFuture<String> outcome = new CompletableFuture<>();
    streams.setUncaughtExceptionHandler(
        error -> {
          Throwable cause = error;
          while (cause.getCause() != null) {
            cause = cause.getCause();
          }
          outcome.complete(cause.getClass().getSimpleName());
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.setStateListener(
        (state, before) -> {
          if (state == KafkaStreams.State.RUNNING
              && streams.metadataForLocalThreads().stream()
                  .anyMatch(thread -> !thread.activeTasks().isEmpty())) {
            outcome.complete(HAS);
          }
        });
    streams.start();
    String found = outcome.completeOnTimeout("nothing", 30, TimeUnit.SECONDS).get();
    if (!found.equals(HAS)) {
      streams.close();
    }
    return found;
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" kafka.tools.StorageTool format --standalone \
  -t "$(java -cp "$work/lib/*" kafka.tools.StorageTool random-uuid 2> /dev/null)" \
  -c "$work/server.properties" > "$work/format.log" 2>&1
java -cp "$work/lib/*" kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
javac -d "$work" -cp "$work/lib/*" "$work/Member.java"
member() {
  java -Djava.io.tmpdir="$work" -cp "$work:$work/lib/*" Member "$@" 2>> "$work/client.log"
}
for protocol in classic consumer streams; do
  member "$protocol" killed
  member "$protocol" "started again"
  if [ "$protocol" != classic ]; then
    member "$protocol" "started again and again"
  fi
done | tee "$work/seen"
diff <(sed -n 's/^#   \([a-z]*, started again.*: .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
