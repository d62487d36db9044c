package io.streamgrad.streams.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamgrad.embedded.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The last commit before a partition is another instance's is known for one. */
class HandoverIT {
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @TempDir private Path directory;
  private final List<String> processed = new CopyOnWriteArrayList<>();
  private final List<Boolean> commits = new CopyOnWriteArrayList<>(); // of the first instance

  @Test
  void aCommitOnRequestIsNoHandoverAndTheOneBeforeAPartitionIsGivenUpIs() throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start(directory.resolve("kafka"), 0)) {
      String server = broker.bootstrapServers();
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", server))) {
        admin
            .createTopics(List.of(new NewTopic("in", Optional.of(2), Optional.empty())))
            .all()
            .get();
      }
      try (KafkaStreams first = start(server, "first", commits)) {
        send(server, "commit");
        await().atMost(PATIENCE).until(() -> commits.size() == 2); // one of each partition
        assertThat(commits).containsExactly(false, false);

        send(server, "more"); // there is something to commit, and an hour to go
        await().atMost(PATIENCE).until(() -> processed.size() == 4);
        try (KafkaStreams second = start(server, "second", new CopyOnWriteArrayList<>())) {
          await().atMost(PATIENCE).until(() -> commits.contains(true));
          assertThat(second.state().isRunningOrRebalancing()).isTrue();
        }
        assertThat(first.state().isRunningOrRebalancing()).isTrue();
      }
    }
  }

  private static void send(String server, String value) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", server), new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>("in", 0, "key", value)).get();
      producer.send(new ProducerRecord<>("in", 1, "key", value)).get();
    }
  }

  private KafkaStreams start(String server, String name, List<Boolean> seen) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "handover");
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, server);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, directory.resolve(name).toString());
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, Duration.ofHours(1).toMillis());
    properties.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
    Topology topology =
        new Topology()
            .addSource("source", new StringDeserializer(), new StringDeserializer(), "in")
            .addProcessor("watch", () -> new Watch(seen), "source")
            .addStateStore(new CommitHookBuilder("commit"), "watch");
    KafkaStreams streams = new KafkaStreams(topology, properties);
    streams.start();
    return streams;
  }

  /** Notes at each commit whether it is a handover; commits when it is told to. */
  private final class Watch extends ContextualProcessor<String, String, Void, Void> {
    private final List<Boolean> seen;

    Watch(List<Boolean> seen) {
      this.seen = seen;
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      super.init(context);
      CommitHook hook = context.getStateStore("commit");
      hook.beforeCommit(() -> seen.add(Handover.isInProgress()));
    }

    @Override
    public void process(Record<String, String> record) {
      processed.add(record.value());
      if (record.value().equals("commit")) {
        context().commit();
      }
    }
  }
}
