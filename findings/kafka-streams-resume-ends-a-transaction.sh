#!/usr/bin/env bash
# Kafka Streams 4.4.0: exactly once, a production exception handler that says to go on is asked, and not obeyed.
#
# Guess: where an output record is larger than max.request.size, the ProductionExceptionHandler decides: with
#   Response.resume() that record is lost and everything else goes on, whatever the processing guarantee is.
# Source: https://github.com/apache/kafka/blob/trunk/docs/streams/developer-guide/config-streams.md
#   (production.exception.handler: its example is a handler that always ignores records that are too large, and names no
#   guarantee with which that is different).
# Behaviour: so it is with at_least_once. With exactly_once_v2 the handler is asked, its answer is logged, and then the
#   stream thread ends with the same exception: the producer has marked its transaction as failed when it refused the
#   record, so that the next send or the commit throws, and that error no handler is asked about. Nothing of the
#   transaction is written, the neighbours of the large record included; a new thread begins at the same offset and ends
#   the same way. So what an output weighs must be known before it is forwarded. Of three records the second is too large:
# Seen:
#   at_least_once: the handler was asked, written are first third, the client is RUNNING
#   exactly_once_v2: the handler was asked, written are none, the client is ERROR after RecordTooLargeException
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
listeners=PLAINTEXT://127.0.0.1:19496,CONTROLLER://127.0.0.1:19497
advertised.listeners=PLAINTEXT://127.0.0.1:19496
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:19497
log.dirs=$work/data
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
PROPERTIES
cat > "$work/Resume.java" <<'JAVA'
import java.time.Duration;
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
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

public class Resume implements ProductionExceptionHandler {
  static final Map<String, Object> CLIENT = Map.of("bootstrap.servers", "127.0.0.1:19496");
  static volatile boolean asked;
  static volatile String thrown = "";

  @Override
  public Response handleError(
      ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception exception) {
    asked = true;
    return Response.resume();
  }

  @Override
  public void configure(Map<String, ?> settings) {}

  public static void main(String[] arguments) throws Exception {
    for (String guarantee : List.of("at_least_once", "exactly_once_v2")) {
      try (Admin admin = Admin.create(CLIENT);
          KafkaProducer<String, String> producer =
              new KafkaProducer<>(CLIENT, new StringSerializer(), new StringSerializer())) {
        NewTopic in = new NewTopic("in-" + guarantee, 1, (short) 1);
        admin.createTopics(List.of(in, new NewTopic("out-" + guarantee, 1, (short) 1))).all().get();
        for (String value : List.of("first", "large", "third")) {
          producer.send(new ProducerRecord<>(in.name(), "key", value)).get();
        }
      }
      System.out.println(guarantee + ": " + run(guarantee));
    }
  }

  static String run(String guarantee) throws InterruptedException {
    asked = false;
    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream("in-" + guarantee, Consumed.with(Serdes.String(), Serdes.String()))
        .mapValues(value -> value.equals("large") ? "x".repeat(2_000_000) : value)
        .to("out-" + guarantee, Produced.with(Serdes.String(), Serdes.String()));
    Properties properties = new Properties();
    properties.putAll(CLIENT);
    properties.put("application.id", guarantee);
    properties.put("state.dir", System.getProperty("java.io.tmpdir") + "/state");
    properties.put("processing.guarantee", guarantee);
    properties.put("commit.interval.ms", "5000");
    properties.put("production.exception.handler", Resume.class.getName());
    try (KafkaStreams streams = new KafkaStreams(builder.build(), properties)) {
      streams.setUncaughtExceptionHandler(
          error -> {
            Throwable cause = error;
            while (cause.getCause() != null) {
              cause = cause.getCause();
            }
            thrown = " after " + cause.getClass().getSimpleName();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
          });
      streams.start();
      String written = written("out-" + guarantee, streams);
      return (asked ? "the handler was asked" : "the handler was not asked")
          + ", written are "
          + written
          + ", the client is "
          + streams.state()
          + thrown;
    }
  }

  /** What is committed when the third record is there, or the client has ended. */
  static String written(String topic, KafkaStreams streams) throws InterruptedException {
    StringBuilder written = new StringBuilder();
    Map<String, Object> settings =
        Map.of("bootstrap.servers", "127.0.0.1:19496", "isolation.level", "read_committed");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partition = List.of(new TopicPartition(topic, 0));
      consumer.assign(partition);
      consumer.seekToBeginning(partition);
      long patience = System.currentTimeMillis() + 60_000;
      boolean ended = false;
      while (!ended && System.currentTimeMillis() < patience) {
        ended = streams.state() == KafkaStreams.State.ERROR; // one more poll then
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
          written.append(written.length() == 0 ? "" : " ").append(record.value());
          ended |= record.value().equals("third");
        }
      }
    }
    return written.length() == 0 ? "none" : written.toString();
  }
}
JAVA
mvn -B -q -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/lib"
java -cp "$work/lib/*" kafka.tools.StorageTool format --standalone \
  -t "$(java -cp "$work/lib/*" kafka.tools.StorageTool random-uuid 2> /dev/null)" \
  -c "$work/server.properties" > "$work/format.log" 2>&1
java -cp "$work/lib/*" kafka.Kafka "$work/server.properties" > "$work/broker.log" 2>&1 &
broker=$!
javac -d "$work" -cp "$work/lib/*" "$work/Resume.java"
java -Djava.io.tmpdir="$work" -cp "$work:$work/lib/*" Resume 2> "$work/client.log" | tee "$work/seen"
diff <(sed -n 's/^#   \([a-z_0-9]*: the handler was .*\)$/\1/p' "$0") "$work/seen"
echo "as described"
