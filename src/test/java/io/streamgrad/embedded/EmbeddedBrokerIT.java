package io.streamgrad.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedBrokerIT {
  private static final String TOPIC = "log";
  private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);

  @TempDir Path dir;

  @Test
  void givenTransactionsWhenReadCommittedThenOnlyTheCommittedRecordsAreSeen() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(dir, 0)) {
      createTopic(broker);
      produce(broker, "committed", true);
      produce(broker, "aborted", false);
      produce(broker, "committed too", true);

      assertThat(consume(broker, 2)).containsExactly("committed", "committed too");
    }
  }

  @Test
  void givenABrokerWhenRestartedOnItsDirectoryAndPortThenClusterAndRecordsAreStillThere()
      throws Exception {
    String clusterId;
    int port;
    try (EmbeddedBroker broker = EmbeddedBroker.start(dir, 0)) {
      createTopic(broker);
      produce(broker, "before", true);
      clusterId = clusterId(broker);
      port = port(broker);
    }
    try (EmbeddedBroker broker = EmbeddedBroker.start(dir, port)) {
      produce(broker, "after", true);

      assertThat(port(broker)).isEqualTo(port);
      assertThat(clusterId(broker)).isEqualTo(clusterId);
      assertThat(consume(broker, 2)).containsExactly("before", "after");
    }
  }

  @Test
  void givenAPortInUseWhenStartingThenTheMessageNamesItAndTheDirectoryIsFreeAgain()
      throws IOException {
    try (ServerSocket other =
        new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
      int port = other.getLocalPort();

      assertThatThrownBy(() -> EmbeddedBroker.start(dir, port).close())
          .isInstanceOf(EmbeddedBrokerException.class)
          .hasMessageStartingWith("Port " + port + " of 127.0.0.1 can't be used");
    }
    DirectoryLock.acquire(dir).close();
  }

  @Test
  void givenARunningBrokerWhenAnotherStartsOnItsDirectoryThenItIsRefusedAndTheFirstGoesOn()
      throws Exception {
    try (EmbeddedBroker first = EmbeddedBroker.start(dir, 0)) {
      assertThatThrownBy(() -> EmbeddedBroker.start(dir, 0).close())
          .isInstanceOf(EmbeddedBrokerException.class)
          .hasMessageContaining(dir.toString())
          .hasMessageContaining("in use by another broker");

      createTopic(first);
      produce(first, "still here", true);
      assertThat(consume(first, 1)).containsExactly("still here");
    }
  }

  @Test
  void givenAFileInPlaceOfTheDirectoryWhenStartingThenTheMessageSaysThatItCannotBeWritten()
      throws IOException {
    Path file = Files.createFile(dir.resolve("file"));

    assertThatThrownBy(() -> EmbeddedBroker.start(file, 0).close())
        .isInstanceOf(EmbeddedBrokerException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("can't be written");
  }

  @Test
  void givenADirectoryOfAnotherNodeWhenStartingThenItIsRefused() throws IOException {
    Files.writeString(dir.resolve("meta.properties"), "version=1\ncluster.id=another\nnode.id=7\n");

    assertThatThrownBy(() -> EmbeddedBroker.start(dir, 0).close())
        .isInstanceOf(EmbeddedBrokerException.class)
        .hasMessageContaining("can't start on " + dir)
        .hasStackTraceContaining("7");
  }

  @Test
  void givenABrokerPropertyWhenARecordExceedsItThenTheBrokerRefusesTheRecord() throws Exception {
    Map<String, String> small = Map.of("message.max.bytes", "1000");
    try (EmbeddedBroker broker = EmbeddedBroker.start(dir, 0, small)) {
      createTopic(broker);

      assertThatThrownBy(() -> produce(broker, "x".repeat(2000), true))
          .hasCauseInstanceOf(RecordTooLargeException.class);
    }
  }

  @Test
  void givenABrokerWhenClosedThenItsThreadsHaveEndedAndItsPortIsFree() {
    try (EmbeddedBroker warmUp = EmbeddedBroker.start(dir, 0)) {
      assertThat(warmUp.bootstrapServers()).startsWith("127.0.0.1:");
    }
    Set<Thread> before = threads();
    EmbeddedBroker broker = EmbeddedBroker.start(dir, 0);
    assertThat(threads().size()).isGreaterThan(before.size() + 10);

    broker.close();

    Awaitility.await()
        .pollInSameThread() // a thread of its own would be one too many
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(threads()).filteredOn(t -> !before.contains(t)).isEmpty());
    assertThat(LocalPorts.reserve(port(broker))).containsExactly(port(broker));
    broker.close();
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .collect(Collectors.toSet());
  }

  private static int port(EmbeddedBroker broker) {
    return URI.create("tcp://" + broker.bootstrapServers()).getPort();
  }

  private static void createTopic(EmbeddedBroker broker) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
    }
  }

  private static String clusterId(EmbeddedBroker broker) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      return admin.describeCluster().clusterId().get();
    }
  }

  /** Produces in a transaction of its own. */
  private static void produce(EmbeddedBroker broker, String value, boolean commit)
      throws Exception {
    Map<String, Object> config =
        Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", "test");
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(new ProducerRecord<>(TOPIC, "key", value)).get();
      if (commit) {
        producer.commitTransaction();
      } else {
        producer.abortTransaction();
      }
    }
  }

  /** Reads committed records up to the end of the log, waiting until there are so many. */
  private static List<String> consume(EmbeddedBroker broker, int count) {
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            broker.bootstrapServers(),
            "isolation.level",
            "read_committed",
            "auto.offset.reset",
            "earliest");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(PARTITION));
      long end = consumer.endOffsets(List.of(PARTITION)).getOrDefault(PARTITION, 0L);
      List<String> values = new ArrayList<>();
      Awaitility.await()
          .until(
              () -> {
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(100))) {
                  values.add(each.value());
                }
                return consumer.position(PARTITION) >= end && values.size() >= count;
              });
      return values;
    }
  }
}
